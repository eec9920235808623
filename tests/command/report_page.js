// What a person, a keyboard and a measuring eye find in the report. Evaluated in the page; every function
// gives what is wrong, each in a sentence that begins with the name of the check.
window.essai = (() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const name = (element) => `${element.tagName.toLowerCase()}${element.id ? "#" + element.id : ""}${element.className ? "." + element.className : ""} « ${element.textContent.trim().slice(0, 30)} »`;

  const drawn = () => {
    const wrong = [], canvases = all("canvas");
    if (canvases.length < 8) wrong.push(`graphiques: ${canvases.length} seulement`);
    for (const canvas of canvases) {
      const label = canvas.getAttribute("aria-label") ?? "";
      if (label.length < 40 || canvas.getAttribute("role") !== "img") wrong.push(`graphiques: pas de texte pour ${label}`);
      if (!canvas.width || !canvas.height) { wrong.push(`graphiques: vide: ${label}`); continue; }
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set();
      let painted = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] === 255) { painted += 1; colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]); }
      }
      if (painted < 200 || colours.size < 3) wrong.push(`graphiques: rien n'est dessiné: ${label} (${painted}, ${colours.size})`);
    }
    return wrong;
  };

  // A number as it is written, not as the page keeps it.
  const written = (text) => {
    const plain = text.replace(/[\s\u00a0\u202f+]/g, "").replace("−", "-").replace(",", ".");
    return plain === "–" || plain === "" ? null : Number(plain);
  };
  const heads = (table) => [...table.tHead.rows].at(-1).cells;
  // Of how many a share is stands behind it, smaller.
  const column = (table, at) => [...table.tBodies[0].rows].map((row) => row.cells[at].firstChild?.textContent ?? "");
  // Is a column in the order that its head announces?
  const order = (table, at, before) => {
    const head = heads(table)[at], texts = column(table, at), where = `${table.closest("section").id}, ${head.textContent}`;
    const state = head.getAttribute("aria-sort");
    if (state !== "ascending" && state !== "descending") return [`tri: aria-sort manque: ${where}`];
    if (all("[aria-sort]", table).length !== 1) return [`tri: plusieurs colonnes se disent triées: ${where}`];
    if ([...texts].sort().join("|") !== [...before].sort().join("|")) return [`tri: des lignes se perdent: ${where}`];
    const numeric = texts.some((t) => written(t) !== null) && texts.every((t) => !Number.isNaN(written(t)));
    const values = texts.map((t) => numeric ? written(t) : t === "–" ? null : t);
    const known = values.filter((v) => v !== null);
    if (values.slice(known.length).some((v) => v !== null)) return [`tri: ce qui manque n'est pas à la fin: ${where}`];
    const wanted = [...known].sort((a, b) => numeric ? a - b : a.localeCompare(b, "fr", { numeric: true, sensitivity: "base" }));
    if (state === "descending") wanted.reverse();
    const same = (a, b) => numeric ? a === b : a.localeCompare(b, "fr", { numeric: true, sensitivity: "base" }) === 0;
    return known.every((v, i) => same(v, wanted[i])) ? [] : [`tri: l'ordre n'est pas ${state}: ${where}`];
  };
  const tables = () => all(".tableau table");
  const sorted = () => {
    const wrong = [];
    for (const table of tables()) {
      [...heads(table)].forEach((head, at) => {
        const before = column(table, at), button = head.querySelector("button");
        if (!button) { wrong.push(`tri: pas de bouton: ${head.textContent}`); return; }
        button.click();
        const first = head.getAttribute("aria-sort");
        wrong.push(...order(table, at, before));
        button.click();
        if (head.getAttribute("aria-sort") === first) wrong.push(`tri: ne se renverse pas: ${head.textContent}`);
        wrong.push(...order(table, at, before));
      });
    }
    if (tables().length < 8) wrong.push(`tri: ${tables().length} tableaux seulement`);
    return wrong;
  };

  const unfold = (open = true) => { all("main details").forEach((d) => { d.open = open; }); };
  const overflow = () => {
    const page = document.documentElement;
    const wide = all("body *").filter((e) => seen(e) && !e.closest(".table") && e.getBoundingClientRect().right > page.clientWidth + 1 && !e.matches(".saut"));
    return page.scrollWidth > page.clientWidth ? [`débordement: ${page.scrollWidth} px dans ${page.clientWidth}: ${wide.slice(0, 3).map(name).join(", ")}`] : [];
  };

  // Contrast as WCAG 2 has it.
  const rgb = (text) => {
    const parts = text.match(/[\d.]+(e-?\d+)?/g).map(Number);
    const scaled = text.startsWith("color(") ? parts.map((v, i) => i < 3 ? v * 255 : v) : parts;
    return { c: scaled.slice(0, 3), a: scaled.length > 3 ? scaled[3] : 1 };
  };
  const light = (c) => {
    const [r, g, b] = c.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const layer = rgb(getComputedStyle(e).backgroundColor);
      if (layer.a > 0) layers.push(layer);
      if (layer.a === 1) break;
    }
    return layers.reduceRight((under, { c, a }) => c.map((v, i) => v * a + under[i] * (1 - a)), [255, 255, 255]);
  };
  const contrast = (which) => {
    const wrong = [], seenBefore = new Set();
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const element = node.parentElement;
      if (!node.textContent.trim() || element.closest("script, style, select") || !seen(element)) continue;
      const front = rgb(getComputedStyle(element).color), back = behind(element);
      const own = front.c.map((v, i) => v * front.a + back[i] * (1 - front.a));
      const [a, b] = [light(own), light(back)], ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const key = `${getComputedStyle(element).color} sur ${back.map(Math.round)}`;
      if (ratio < 4.5 && !seenBefore.has(key)) { seenBefore.add(key); wrong.push(`contraste: ${ratio.toFixed(2)} (${which}): ${key}: ${name(element)}`); }
    }
    return wrong;
  };

  const proven = () => all("main section:not(#compare, #base), .carte").flatMap((part) => {
    const say = (selector) => all(".preuve " + selector, part).map((p) => p.textContent.trim()).join(" ");
    const wrong = [];
    if (say(".calcul").length < 25) wrong.push(`preuve: pas de calcul: ${part.id || name(part)}`);
    if (say(".source").replace("Source.", "").trim().length < 12) wrong.push(`preuve: pas de source: ${part.id || name(part)}`);
    return wrong;
  });

  const structure = () => {
    const wrong = [];
    if (document.documentElement.lang !== "fr") wrong.push("structure: lang");
    for (const landmark of ["header", "nav[aria-label]", "main", "footer", ".saut[href='#contenu']"]) if (!document.querySelector(landmark)) wrong.push(`structure: ${landmark}`);
    const ids = all("[id]").map((e) => e.id);
    ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => wrong.push(`structure: deux fois #${id}`));
    all("a[href^='#']").filter((a) => !document.getElementById(a.getAttribute("href").slice(1))).forEach((a) => wrong.push(`structure: lien vers rien: ${a.href}`));
    all("th").filter((th) => !th.hasAttribute("scope")).forEach((th) => wrong.push(`structure: th sans scope: ${th.textContent}`));
    all("input, select").filter((e) => !e.labels.length || !e.labels[0].textContent.trim()).forEach((e) => wrong.push(`structure: sans étiquette: ${name(e)}`));
    all("[role=region]").filter((e) => !e.getAttribute("aria-label") && !document.getElementById(e.getAttribute("aria-labelledby"))).forEach((e) => wrong.push(`structure: région sans nom: ${name(e)}`));
    let level = 0;
    for (const title of all("h1, h2, h3, h4")) {
      const own = Number(title.tagName[1]);
      if (own > level + 1) wrong.push(`structure: de h${level} à h${own}: ${title.textContent}`);
      level = own;
    }
    const asked = performance.getEntriesByType("resource").map((e) => e.name).filter((n) => !n.startsWith("data:"));
    if (asked.length) wrong.push(`réseau: ${asked}`);
    if (document.querySelector("meta[http-equiv='Content-Security-Policy']")?.content.startsWith("default-src 'none'") !== true) wrong.push("réseau: pas de règle qui l'interdise");
    return wrong;
  };

  // What a keyboard must reach, and what it has reached.
  let wanted = [], reached = new Set();
  const controls = () => {
    wanted = all("a[href], button, input, select, summary, [tabindex='0']").filter(seen);
    reached = new Set();
    document.activeElement.blur();
    return wanted.length;
  };
  const here = () => {
    const element = document.activeElement, style = getComputedStyle(element);
    const wrong = [];
    if (wanted.includes(element)) {
      reached.add(element);
      if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) wrong.push(`clavier: on ne voit pas où l'on est: ${name(element)}`);
    }
    return wrong;
  };
  const missed = () => wanted.filter((e) => !reached.has(e)).map((e) => `clavier: jamais atteint: ${name(e)}`);

  const filters = () => all("input[type=search]").length;
  const focusFilter = () => { const box = document.querySelector("input[type=search]"); box.closest("details").open = true; box.focus(); };
  // The letters of a word must stand in each line that stays, whatever the accents and capitals.
  const filtered = (word) => {
    const box = document.querySelector("input[type=search]"), rows = all("tbody tr", box.closest("details"));
    const has = (row) => row.textContent.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().includes(word);
    const wrong = rows.filter((row) => seen(row) !== has(row)).map((row) => `filtre: ${name(row)}`);
    const left = rows.filter(has).length;
    if (!left || left === rows.length) wrong.push(`filtre: ${word} ne partage pas les lignes`);
    if (!box.closest("p").querySelector("output").textContent.startsWith(String(left))) wrong.push("filtre: le compte n'est pas dit");
    return wrong;
  };
  let kept = [];
  const focusHead = () => { const table = tables()[0]; kept = column(table, 0); heads(table)[0].querySelector("button").focus(); };
  const sortedByKey = (wanted) => {
    const state = heads(tables()[0])[0].getAttribute("aria-sort");
    return [...order(tables()[0], 0, kept), ...(state === wanted ? [] : [`tri: au clavier: ${state} au lieu de ${wanted}`])];
  };
  const still = () => getComputedStyle(document.documentElement).scrollBehavior === "smooth" ? ["mouvement: le défilement est animé"] : [];
  // Every choice of every list draws something.
  const choices = () => {
    const wrong = [], lists = all("select");
    if (!lists.length) wrong.push("choix: aucun");
    for (const list of lists) {
      const figure = list.closest("figure"), canvas = figure?.querySelector("canvas"), place = list.closest("[data-drawn]");
      const pictures = new Set();
      [...list.options].forEach((_, at) => {
        list.value = String(at);
        list.dispatchEvent(new Event("change", { bubbles: true }));
        pictures.add(canvas ? canvas.toDataURL() + figure.querySelector("figcaption").textContent : place.textContent + place.innerHTML.length);
      });
      if (pictures.size !== list.options.length) wrong.push(`choix: ${list.options.length} choix, ${pictures.size} dessins: ${list.closest("section").id}`);
    }
    return wrong;
  };
  return { drawn, sorted, unfold, overflow, contrast, proven, structure, controls, here, missed, filters, focusFilter, filtered, focusHead, sortedByKey, still, choices };
})();
