"use strict";
(() => {
  const { runs, charts } = JSON.parse(document.getElementById("donnees").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const still = new Intl.NumberFormat("fr-FR", { maximumFractionDigits: 2 });
  const collator = new Intl.Collator("fr", { numeric: true, sensitivity: "base" });
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const make = (name, props = {}, ...children) => {
    const element = Object.assign(document.createElement(name), props);
    element.append(...children);
    return element;
  };

  // Colours that stay apart for colour-blind eyes (after Okabe and Ito), the baseline in grey.
  const palette = () => dark.matches
    ? { base: "#a9b4c4", light: "#465064", runs: ["#56b4e9", "#e69f00", "#35c49a", "#dd92bd", "#f0e442", "#a9a1f0", "#ff9b7a"] }
    : { base: "#67758a", light: "#c9d1dc", runs: ["#0072b2", "#c65a00", "#008562", "#a94e86", "#7d7200", "#5a52b8", "#a33a2a"] };
  const colour = (name, at) => {
    const { base, light, runs: others } = palette();
    const run = runs.indexOf(name.replace(/^Servies : /, ""));
    if (name === "Part demandée" || name === "Demandes" || name === "Non servies") return light;
    if (run === 0) return base;
    return others[(run > 0 ? run - 1 : name === "Servies" ? 0 : at) % others.length];
  };
  const wrap = (text, width = 34, most = 3) => {
    const lines = [""];
    for (const word of String(text).split(" ")) {
      if ((lines.at(-1) + word).length > width && lines.at(-1)) lines.push("");
      lines[lines.length - 1] += (lines.at(-1) ? " " : "") + word;
    }
    return lines.length > most ? [...lines.slice(0, most - 1), lines[most - 1] + " …"] : lines;
  };
  // Ink that is read on a fill.
  const over = (fill) => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(fill.slice(at, at + 2), 16) / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#14171c" : "#ffffff";
  };
  // Figures at the end of the bars, where there are few enough to be read.
  const figures = {
    id: "chiffres",
    afterDatasetsDraw(chart, _, { on, colour: ink }) {
      if (!on) return;
      const c = chart.ctx, lying = chart.options.indexAxis === "y";
      c.save();
      c.fillStyle = ink;
      c.font = "11px " + Chart.defaults.font.family;
      chart.data.datasets.forEach((set, at) => chart.getDatasetMeta(at).data.forEach((bar, i) => {
        const value = set.data[i];
        if (value === null || value === undefined || Array.isArray(value) || set.type === "scatter") return;
        const text = still.format(value);
        if (chart.options.scales.x.stacked) {
          if (Math.abs(bar.x - bar.base) < 34) return;
          c.fillStyle = over(set.backgroundColor);
          c.textBaseline = "middle";
          c.textAlign = "right";
          c.fillText(text, bar.x - 6, bar.y);
        } else if (lying) {
          c.textBaseline = "middle";
          c.textAlign = value < 0 ? "right" : "left";
          c.fillText(text, bar.x + (value < 0 ? -4 : 4), bar.y);
        } else {
          c.textBaseline = value < 0 ? "top" : "bottom";
          c.textAlign = "center";
          c.fillText(text, bar.x, bar.y + (value < 0 ? 3 : -3));
        }
      }));
      c.restore();
    },
  };

  const drawn = new Map();
  const build = (canvas, { kind, labels, series, unit, stacked = false, title }) => {
    drawn.get(canvas)?.destroy();
    const style = getComputedStyle(document.body), ink = style.color;
    const lying = kind === "barh", line = kind === "line", narrow = canvas.closest("figure").clientWidth < 500;
    const grid = dark.matches ? "#353d4a" : "#e1e5eb";
    Chart.defaults.font.family = style.fontFamily;
    const bars = stacked ? 1 : series.filter((s) => s.kind !== "scatter").length;
    const height = lying ? labels.length * (bars * 17 + 14) + 60 + 24 * Math.ceil(series.length / (narrow ? 1 : 3)) : 330;
    canvas.parentElement.style.height = Math.max(150, height) + "px";
    const told = !line && labels.length * bars <= 60 && (lying || labels.length * bars <= (narrow ? 8 : 24));
    const top = Math.max(...series.flatMap((s) => s.values.flat()).filter(Number.isFinite));
    const value = {
      ...(unit === "%" && top <= 100 && top > 80 ? { max: 100 } : {}),
      ticks: { color: ink, maxTicksLimit: narrow ? 5 : 9, callback: (v) => still.format(v) },
      grid: { color: grid }, border: { display: false }, beginAtZero: !line, grace: told && !lying ? "6%" : 0, stacked,
      title: { display: Boolean(unit), text: unit, color: ink },
    };
    const place = {
      ticks: { color: ink, autoSkip: line, maxRotation: 0, callback(v) { return wrap(this.getLabelForValue(v), narrow ? 17 : lying ? 34 : 22); } },
      grid: { display: false }, stacked,
      title: { display: line, text: title?.split(", selon : ")[1] ?? "", color: ink },
    };
    canvas.setAttribute("aria-label", `${title ?? ""}${unit ? ` (${unit})` : ""}. Les chiffres sont dans le tableau de cette section.`);
    drawn.set(canvas, new Chart(canvas, {
      type: line ? "line" : "bar",
      data: { labels, datasets: series.map((s, i) => {
        const own = s.colour ?? colour(s.name, i);
        return {
          label: s.name, data: s.values, type: s.kind, backgroundColor: own, borderColor: own, borderWidth: line ? 2.5 : 0, borderRadius: 2,
          pointRadius: s.kind === "scatter" ? 6 : 4, pointStyle: s.kind === "scatter" ? "rectRot" : ["circle", "rect", "triangle", "rectRot"][i % 4], tension: 0, maxBarThickness: 34,
        };
      }) },
      options: {
        indexAxis: lying ? "y" : "x", responsive: true, maintainAspectRatio: false, animation: false, locale: "fr-FR",
        layout: { padding: { right: lying && told && !stacked ? 44 : 0 } },
        interaction: { mode: "index", axis: lying ? "y" : "x", intersect: false },
        scales: lying ? { x: value, y: place } : { y: value, x: place },
        plugins: {
          chiffres: { on: told, colour: ink },
          legend: { display: series.length > 1, position: "top", align: "start", labels: { color: ink, boxWidth: 14, usePointStyle: line } },
          tooltip: { callbacks: {
            title: (items) => items.length ? labels[items[0].dataIndex] : "",
            label: ({ dataset, raw }) => {
              const shown = (v) => v === null || v === undefined ? "–" : still.format(v);
              const text = Array.isArray(raw) ? `de ${shown(raw[0])} à ${shown(raw[1])}` : shown(raw?.x ?? raw);
              return `${dataset.label} : ${text} ${unit}`;
            },
          } },
        },
      },
      plugins: [figures],
    }));
  };

  // A chart of the report; where no variant differs from the baseline, one series says it.
  const ordinary = (canvas) => {
    const chart = charts[Number(canvas.dataset.chart)];
    let series = chart.series;
    const of = series.filter((s) => runs.includes(s.name.replace(/^Servies : /, "")));
    const alike = of.length > 1 && of.every((s) => JSON.stringify(s.values) === JSON.stringify(of[0].values));
    if (alike) series = [...series.filter((s) => !of.includes(s)), { ...of[0], name: "Base et variantes", colour: palette().base }];
    canvas.closest("figure").firstElementChild.replaceChildren(chart.title + " ", make("small", { textContent: `(${chart.unit})` }));
    build(canvas, { ...chart, series, stacked: chart.sheet === "synthese" });
  };

  const choice = (label, options, change) => {
    const select = make("select", {}, ...options.map((o, i) => make("option", { value: String(i), textContent: o })));
    select.addEventListener("change", change);
    return [make("label", {}, label + " ", select), () => Number(select.value)];
  };
  const figure = (...controls) => {
    const caption = make("figcaption"), canvas = make("canvas");
    canvas.setAttribute("role", "img");
    const whole = make("figure", {}, make("div", { className: "choix" }, ...controls), caption, make("div", { className: "graphe" }, canvas));
    return [whole, caption, canvas];
  };
  const heads = (table) => [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  const number = (row, at) => { const v = row.cells[at]?.dataset.v; return v === undefined || v === "" ? null : Number(v); };
  const unitOf = (name) => /\(([^()]*)\)$/.exec(name)?.[1] ?? "";

  // A ranking of the rows of a table by any of its measures, in any run.
  const ranking = (place, table) => {
    const columns = heads(table).map((head, at) => ({ at, run: head.dataset.run ?? "", name: head.textContent, number: head.classList.contains("n") })).filter((c) => c.number && c.at);
    const names = [...new Set(columns.map((c) => c.name))];
    const wanted = names.findIndex((n) => /^(Part servie|Valeur d)/.test(n));
    if (wanted > 0) names.unshift(...names.splice(wanted, 1));
    const place1 = heads(table)[0].textContent;
    const redraw = () => {
      const name = names[measure()];
      const own = columns.filter((c) => c.name === name);
      const column = own.find((c) => c.run === (runs[run()] ?? "")) ?? own.find((c) => c.run === runs[0]) ?? own[0];
      const base = own.find((c) => c.run === runs[0] && c !== column);
      const rows = [...table.tBodies[0].rows].map((r) => [r.cells[0].textContent, number(r, column.at), base ? number(r, base.at) : null]);
      const kept = rows.filter((r) => r[1] !== null).sort((a, b) => b[1] - a[1] || collator.compare(a[0], b[0])).slice(0, 30);
      const unit = unitOf(name) || (name.startsWith("Écart") ? "écart à la base" : "nombre");
      const title = `${name.replace(/ \([^()]*\)$/, "")}${column.run ? `, ${column.run}` : ""} : classement`;
      caption.replaceChildren(title + " ", make("small", { textContent: `(${unit} ; ${place1.toLowerCase()})` }));
      const series = [{ name: column.run || name, values: kept.map((r) => r[1]), colour: column.run && column.run !== runs[0] ? undefined : palette().runs[0] }];
      if (base) series.push({ name: runs[0], values: kept.map((r) => r[2]), colour: palette().base });
      build(canvas, { kind: "barh", labels: kept.map((r) => r[0]), series, unit, title });
    };
    const [one, measure] = choice("Classer selon", names, redraw);
    const [two, run] = choice("Calcul", runs, redraw);
    const [whole, caption, canvas] = figure(one, ...(columns.some((c) => c.run) ? [two] : []));
    place.append(whole);
    redraws.push(redraw);
    redraw();
  };

  // Between which values a measure falls, run by run.
  const intervals = (place, table) => {
    const rows = [...table.tBodies[0].rows];
    const names = [...new Set(rows.map((r) => r.cells[1].textContent))];
    const wanted = names.indexOf("Attributions");
    if (wanted > 0) names.unshift(...names.splice(wanted, 1));
    const [low, high] = [4, 5].map((at) => heads(table)[at].textContent.toLowerCase());
    const redraw = () => {
      const own = rows.filter((r) => r.cells[1].textContent === names[measure()]);
      const unit = own[0]?.cells[2].textContent ?? "";
      caption.replaceChildren(names[measure()] + " ", make("small", { textContent: `(${unit} ; médiane des répétitions, ${low} et ${high})` }));
      const labels = own.map((r) => r.cells[0].textContent);
      build(canvas, { kind: "barh", labels, unit, title: names[measure()], series: [
        { name: "Médiane", kind: "scatter", values: own.map((r, i) => ({ x: number(r, 3), y: labels[i] })), colour: palette().runs[1] },
        { name: "Intervalle", values: own.map((r) => [number(r, 4), number(r, 5)]), colour: palette().runs[0] },
      ] });
    };
    const [one, measure] = choice("Mesure", names, redraw);
    const [whole, caption, canvas] = figure(one);
    place.append(whole);
    redraws.push(redraw);
    redraw();
  };

  // Two parameters: one across, one down, and the measure as a shade.
  const heat = (place, table) => {
    const all = heads(table), rows = [...table.tBodies[0].rows];
    const columns = all.map((h, at) => ({ at, name: h.textContent })).filter((c) => c.at > 1 && all[c.at].classList.contains("n"));
    const [down, across] = [0, 1].map((at) => [...new Set(rows.map((r) => r.cells[at].textContent))]);
    const holder = make("div", { className: "table", tabIndex: 0 });
    const redraw = () => {
      const { at, name } = columns[measure()];
      const values = rows.map((r) => number(r, at)).filter((v) => v !== null);
      const low = Math.min(...values), span = Math.max(...values) - low || 1;
      const body = make("tbody");
      for (const d of down) {
        const line = make("tr", {}, make("th", { scope: "row", textContent: d }));
        for (const a of across) {
          const row = rows.find((r) => r.cells[0].textContent === d && r.cells[1].textContent === a);
          const cell = make("td", { textContent: row?.cells[at].textContent ?? "–" });
          cell.style.setProperty("--part", `${row ? Math.round(4 + 30 * ((number(row, at) ?? low) - low) / span) : 0}%`);
          line.append(cell);
        }
        body.append(line);
      }
      const head = make("tr", {}, make("th", { scope: "col", textContent: `${all[0].textContent} ↓   ${all[1].textContent} →` }), ...across.map((a) => make("th", { scope: "col", textContent: a })));
      holder.setAttribute("role", "region");
      holder.setAttribute("aria-label", name);
      const said = new Set(values).size < 2 ? `${name} : partout ${still.format(low)}` : `${name} : de ${still.format(low)} à ${still.format(low + span)}, le plus élevé le plus marqué`;
      holder.replaceChildren(make("table", { className: "chaleur" }, make("caption", { textContent: said }), make("thead", {}, head), body));
    };
    const varied = columns.findIndex((c) => new Set(rows.map((r) => number(r, c.at))).size > 1);
    if (varied > 0) columns.unshift(...columns.splice(varied, 1));
    const [one, measure] = choice("Mesure", columns.map((c) => c.name), redraw);
    place.append(make("div", { className: "choix" }, one), holder);
    redraw();
  };

  const redraws = [];
  const draw = () => {
    document.querySelectorAll("canvas[data-chart]").forEach(ordinary);
    redraws.forEach((again) => again());
  };

  for (const table of document.querySelectorAll("main .tableau table")) {
    const all = heads(table);
    all.forEach((head, at) => {
      if (at && (head.dataset.run ?? "") !== (all[at - 1].dataset.run ?? "")) {
        head.classList.add("debut");
        for (const row of table.tBodies[0].rows) row.cells[at]?.classList.add("debut");
      }
      head.firstElementChild.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending" || (head.classList.contains("n") && !head.hasAttribute("aria-sort"));
        all.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const numeric = head.classList.contains("n");
        const key = (row) => numeric ? row.cells[at].dataset.v ?? "" : row.cells[at].dataset.v === "" ? "" : row.cells[at].textContent;
        const rows = [...table.tBodies[0].rows];
        // What has no value stays last, whichever way.
        rows.sort((a, b) => {
          const x = key(a), y = key(b);
          if (x === "" || y === "") return (x === "") - (y === "");
          const order = numeric ? Number(x) - Number(y) : collator.compare(x, y);
          return down ? -order : order;
        });
        table.tBodies[0].append(...rows);
      });
    });
    const box = table.closest("details").querySelector("input[type=search]");
    box?.addEventListener("input", () => {
      const words = plain(box.value).split(/\s+/).filter(Boolean), rows = [...table.tBodies[0].rows];
      for (const row of rows) {
        const text = plain(row.textContent);
        row.hidden = !words.every((w) => text.includes(w));
      }
      const left = rows.filter((r) => !r.hidden).length;
      box.closest("p").querySelector("output").textContent = words.length ? `${left} sur ${rows.length}` : "";
    });
  }
  for (const place of document.querySelectorAll("[data-drawn]")) {
    const table = place.closest("section").querySelector(".tableau table");
    ({ rang: ranking, chaleur: heat, intervalles: intervals })[place.dataset.drawn](place, table);
  }
  document.querySelectorAll("canvas[data-chart]").forEach(ordinary);
  dark.addEventListener("change", draw);

  const contents = document.querySelector(".sommaire");
  const wide = matchMedia("(min-width: 75rem)");
  const unfold = () => { contents.open = wide.matches; };
  wide.addEventListener("change", unfold);
  unfold();
  // Paper has no clicks: what is folded opens, but the longest tables, which the workbook has.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open])")].filter((d) => d.querySelectorAll("tr").length <= 60);
    opened.forEach((d) => { d.open = true; });
    drawn.forEach((chart) => chart.resize());
  });
  addEventListener("afterprint", () => {
    opened.forEach((d) => { d.open = false; });
    drawn.forEach((chart) => chart.resize());
  });
  document.documentElement.dataset.graphes = String(drawn.size);
})();
