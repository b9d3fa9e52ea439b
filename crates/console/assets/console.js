// The operator's page: what has been sent and received, found through /api, and how we fare, through /manage/health.

import { certificate, explain, fields, latest, register, state, type } from "./words.js";

const PAGE = 25;
const REFRESH_MS = 15_000;
const form = document.querySelector("#search");
const notice = document.querySelector("#notice");
const results = document.querySelector("#results");

const asked = new URLSearchParams(location.search);
for (const [name, value] of asked) {
  const control = form.elements.namedItem(name);
  if (control) control.value = value;
}
// Empty fields stay out of the address, so that it can be read and sent to others.
form.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) {
    if (value === "") event.formData.delete(name);
  }
});

await show();
setInterval(() => {
  const reading = results.querySelector("details[open]") || results.contains(document.activeElement);
  if (!document.hidden && !reading) show();
}, REFRESH_MS);

async function show() {
  try {
    const page = await search();
    results.replaceChildren(...page.content.map(item));
    paginate(page);
    const many = page.totalElements === 1 ? "1 melding" : `${page.totalElements.toLocaleString("nb")} meldinger`;
    say(page.totalElements > 0 ? many : nothing());
  } catch (problem) {
    say(`Meldingene kunne ikke hentes. ${problem.message}`, true);
  }
  await count();
  await fare();
}

function nothing() {
  return asked.size > 0
    ? "Ingen meldinger passer med søket."
    : "Ingen meldinger ennå. De dukker opp her så snart noe er sendt eller mottatt.";
}

/** One page of conversations; where several fields may hold the text, the first that does. */
async function search() {
  const text = (asked.get("q") ?? "").trim();
  const names = asked.get("field") ? [asked.get("field")] : fields(text);
  if (text === "") return conversations([]);
  let page;
  for (const name of names) {
    page = await conversations([[name, text]]);
    if (page.totalElements > 0) break;
  }
  return page;
}

function conversations(filter) {
  const query = new URLSearchParams(filter);
  query.set("size", PAGE);
  query.set("page", asked.get("page") ?? 0);
  for (const [name, as] of [["direction", "direction"], ["finished", "finished"], ["from", "lastUpdateFrom"]]) {
    if (asked.get(name)) query.set(as, asked.get(name));
  }
  return get(`api/conversations?${query}`);
}

async function get(path) {
  let response;
  try {
    response = await fetch(path, { headers: { Accept: "application/json" } });
  } catch {
    throw new Error("Aksesspunktet svarer ikke. Vi prøver igjen om litt.");
  }
  if (response.ok) return response.json();
  if (response.status === 401) throw new Error("Du må logge inn.");
  const body = await response.json().catch(() => ({}));
  throw new Error(`Aksesspunktet svarte ${response.status}: ${body.message ?? response.statusText}`);
}

/** The three figures at the top. One that cannot be had is left out, not guessed. */
async function count() {
  for (const place of document.querySelectorAll("[data-count]")) {
    const path = place.dataset.count;
    const page = await get(`${path}${path.includes("?") ? "&" : "?"}size=1`).catch(() => undefined);
    place.textContent = page ? page.totalElements.toLocaleString("nb") : "–";
  }
}

/** What somebody must do before messages stop. Unknown is shown as nothing. */
async function fare() {
  const { components = {} } = await get("manage/health").catch(() => ({}));
  warn("#certificate", certificate(components.certificate));
  warn("#register", register(components.register));
}

function warn(selector, words) {
  const place = document.querySelector(selector);
  place.hidden = words === "";
  if (place.textContent !== words) place.textContent = words;
}

function item(conversation) {
  const line = latest(conversation);
  const [colour, name] = line ? state(line.status) : ["underway", "Uten status"];
  const incoming = conversation.direction === "INCOMING";
  const other = incoming ? conversation.senderIdentifier : conversation.receiverIdentifier;
  const details = make("details", {},
    make("summary", {},
      moment(conversation.lastUpdate),
      make("span", { className: "what" }, `${type(conversation.documentIdentifier)} ${incoming ? "fra" : "til"} ${other}`),
      make("span", { className: `state ${colour}` }, name)));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(more(conversation));
  });
  return make("li", {}, details);
}

function more(conversation) {
  const lines = [...conversation.messageStatuses].sort((a, b) => a.id - b.id);
  const facts = [
    ["Meldings-id", conversation.messageId],
    ["Samtale-id", conversation.conversationId],
    ["Avsender", conversation.sender],
    ["Mottaker", conversation.receiver],
    ["Prosess", conversation.processIdentifier],
    ["Dokumenttype", conversation.documentIdentifier],
    ["Frist", conversation.expiry && moment(conversation.expiry)],
  ].filter(([, value]) => value);
  return make("div", { className: "more" },
    make("p", {}, explain(conversation)),
    make("dl", {}, ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])),
    make("ol", { className: "log", ariaLabel: "Statuser" }, ...lines.map((line) =>
      make("li", {}, moment(line.lastUpdate), `${line.status}${line.description ? ` – ${line.description}` : ""}`))));
}

function paginate(page) {
  const nav = document.querySelector("#pages");
  nav.hidden = page.totalPages < 2;
  document.querySelector("#place").textContent = `Side ${page.number + 1} av ${page.totalPages}`;
  link("#newer", page.number - 1, page.first);
  link("#older", page.number + 1, page.last);
}

function link(selector, number, none) {
  const query = new URLSearchParams(asked);
  query.set("page", number);
  const anchor = document.querySelector(selector);
  anchor.href = `./?${query}`;
  anchor.hidden = none;
}

function moment(text) {
  const words = new Date(text).toLocaleString("nb", { dateStyle: "short", timeStyle: "medium", timeZone: "Europe/Oslo" });
  return make("time", { dateTime: text }, words);
}

function say(words, isProblem = false) {
  // Told again only when it is news, so that screen readers are not made to repeat it.
  if (notice.textContent !== words) notice.textContent = words;
  notice.classList.toggle("problem", isProblem);
}

/** An element with properties and children. Texts become text, never markup. */
function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}
