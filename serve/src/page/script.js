// The page works without this. With it, a step comes into the place of the one before without the whole page being
// loaded again, and the question, or what is wrong with its answer, is read first.
"use strict";

function look() {
  const at = document.querySelector("[role=alert]") || document.querySelector(".question h2") || document.querySelector("#decide");
  if (!at) return;
  at.tabIndex = -1;
  at.focus();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id !== "etat" || !window.fetch || !window.DOMParser) return;
  // A button that leads elsewhere leads there.
  if (event.submitter && event.submitter.hasAttribute("formaction")) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form));
  if (event.submitter && event.submitter.name) fields.set(event.submitter.name, event.submitter.value);
  const main = document.querySelector("main");
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const step = next.querySelector("main");
    if (!step) throw new Error("no step");
    main.replaceWith(step);
    document.title = next.title;
    look();
  } catch (_) {
    // No step came: the form itself is sent, and the browser says what is wrong.
    main.removeAttribute("aria-busy");
    const action = document.createElement("input");
    action.type = "hidden";
    action.name = event.submitter ? event.submitter.name : "action";
    action.value = event.submitter ? event.submitter.value : "suite";
    form.append(action);
    HTMLFormElement.prototype.submit.call(form);
  }
});

// A file is read into the field that is sent: in UTF-8, or in the code page of Excel where it is no UTF-8.
async function take(input) {
  const file = input.files && input.files[0];
  if (!file) return;
  const bytes = await file.arrayBuffer();
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (_) {
    text = new TextDecoder("windows-1252").decode(bytes);
  }
  document.getElementById(input.dataset.into).value = text;
}

document.addEventListener("DOMContentLoaded", () => {
  for (const input of document.querySelectorAll("input[type=file][data-into]")) {
    input.closest("[hidden]").hidden = false;
    input.addEventListener("change", () => take(input));
  }
  if (document.querySelector("[role=alert]")) look();
});
