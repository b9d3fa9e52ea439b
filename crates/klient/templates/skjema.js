// Checks while somebody types: the form is sent to be looked at, and what is found is
// written at the fields. Everything else on the page works without it.
"use strict";

const form = document.getElementById("skjema");
const told = document.getElementById("kontrollert");
const touched = new Set();
const PAUSE = 600;
let timer = null;
let asked = 0;
let proposed = {};

function show(place, found) {
  place.replaceChildren();
  for (const one of found) {
    const line = document.createElement("span");
    const level = document.createElement("strong");
    const grave = one.nivaa === "error" || one.nivaa === "refuse";
    line.className = `funnet ${one.nivaa}`;
    level.textContent = `${grave ? form.dataset.nivaaFeil : form.dataset.nivaaRaad}:`;
    line.append(level, ` ${one.tekst} ${one.hjelp}`.trimEnd());
    place.append(line);
  }
}

// What is missing is not said of a field that nobody has been in yet.
function fits(one) {
  return !one.mangler || touched.has(one.felt);
}

function wash(forslag) {
  for (const [at, text] of Object.entries(forslag)) {
    const field = document.getElementById(at);
    if (field && (field.value === "" || field.value === proposed[at])) {
      field.value = text;
      proposed[at] = text;
    }
  }
}

function judge(answer) {
  const found = answer.funn.filter(fits);
  for (const place of form.querySelectorAll("[id$='-funn']")) {
    const at = place.id.slice(0, -"-funn".length);
    const here = found.filter((one) => one.felt === at);
    show(place, here);
    const field = document.getElementById(at);
    if (field && field.name === at) {
      const wrong = here.some((one) => one.nivaa !== "warning");
      if (wrong) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }
  const errors = found.filter((one) => one.nivaa !== "warning").length;
  told.textContent = errors ? form.dataset.feil.replace("{n}", errors) : form.dataset.ingen;
}

async function check() {
  const mine = ++asked;
  // A washed text that was only proposed follows the text that it was made of.
  const data = new FormData(form);
  for (const [at, text] of Object.entries(proposed)) {
    if (data.get(at) === text) data.set(at, "");
  }
  try {
    const answer = await fetch(form.dataset.kontroll, {
      method: "POST", body: new URLSearchParams(data), credentials: "same-origin",
    });
    if (!answer.ok) throw new Error(answer.status);
    const said = await answer.json();
    if (mine !== asked) return;
    wash(said.forslag);
    judge(said);
  } catch {
    if (mine === asked) told.textContent = form.dataset.svikt;
  }
}

function soon(event) {
  const at = event.target.name;
  if (!at) return;
  touched.add(at);
  if (event.type === "input" && at in proposed && event.isTrusted) delete proposed[at];
  clearTimeout(timer);
  timer = setTimeout(check, event.type === "input" ? PAUSE : 0);
}

form.addEventListener("input", soon);
form.addEventListener("change", soon);

// A summary of what must be mended is read first.
const summary = document.getElementById("oppsummering");
if (summary && new URLSearchParams(location.search).has("kontroll")) {
  summary.tabIndex = -1;
  summary.focus();
}
