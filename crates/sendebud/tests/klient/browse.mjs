// A browser that does what it is told, a line of JSON at a time, and answers each with a
// line of JSON.
//
// node browse.mjs SDK BASE PICTURES

import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const [sdk, base, pictures] = process.argv.slice(2);
const require = createRequire(join(resolve(sdk), "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(pictures, { recursive: true });

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];
const LOOKS = [
  ["light", { width: 1120, height: 900 }],
  ["dark", { width: 1120, height: 900 }],
  // > 320 CSS pixels without scrolling in two directions (WCAG 2.1, 1.4.10)
  ["light", { width: 320, height: 640 }],
];
const TIME_MAX = 30_000;

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  env: { ...process.env, LANGUAGE: "nb" },
  args: ["--no-sandbox", "--lang=nb-NO", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const visitors = new Map();

// Each visitor has cookies of their own.
async function visitor({ who, scripts }) {
  const known = visitors.get(who);
  if (known) return known;
  const context = await browser.newContext({
    locale: "nb-NO", reducedMotion: "reduce", javaScriptEnabled: scripts ?? true,
    viewport: { width: 1120, height: 900 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(TIME_MAX);
  page.complaints = [];
  // A refusal is a page too; that its status is one is no complaint.
  page.on("console", (m) => { if (!/status of 4\d\d/.test(m.text())) page.complaints.push(m.text()); });
  page.on("pageerror", (e) => page.complaints.push(String(e)));
  visitors.set(who, page);
  return page;
}

// The same page where scripts run, which axe needs; its own are left out.
async function twin(page) {
  const html = (await page.content()).replaceAll(/<script[^>]*><\/script>/g, "");
  const other = await visitor({ who: "axe", scripts: true });
  await other.unrouteAll();
  await other.route("**/*", (route) => route.request().resourceType() === "document"
    ? route.fulfill({ body: html, contentType: "text/html; charset=utf-8" })
    : route.continue());
  await other.goto(page.url());
  return other;
}

const field = (page, name) => page.locator(`[name="${name}"]`);
const messages = (page, at) => page.locator(`[id="${at}-funn"]`);

const tasks = {
  open: (page, { path }) => page.goto(base + path).then((answer) => answer.status()),
  fill: async (page, { fields }) => {
    for (const [name, value] of Object.entries(fields)) {
      const place = field(page, name);
      const tag = await place.evaluate((at) => at.tagName);
      if (tag === "SELECT") await place.selectOption(value);
      else await place.fill(value);
    }
  },
  click: (page, { at }) => page.locator(at).first().click(),
  tick: (page, { at }) => page.locator(at).check(),
  // Lose the cookie of the visit, as when its time is out.
  forget: (page) => page.context().clearCookies({ name: "besoek" }),
  value: (page, { name }) => field(page, name).inputValue(),
  text: (page, { at }) => page.locator(at).first().innerText(),
  url: (page) => page.url().slice(base.length),
  // Wait until what is found at a field has these words, or nothing is found there.
  found: async (page, { name, words }) => {
    const place = messages(page, name);
    if (words) await place.filter({ hasText: words }).waitFor({ state: "attached" });
    else await page.waitForFunction((id) => !document.getElementById(id).textContent.trim(), `${name}-funn`);
    const input = field(page, name);
    return {
      words: await place.innerText(),
      invalid: await input.getAttribute("aria-invalid"),
      described: (await input.getAttribute("aria-describedby")).split(" ").includes(`${name}-funn`),
    };
  },
  // Wait until a field has a value, as a script gives it one.
  becomes: (page, { name, value }) => page.waitForFunction(
    ([at, want]) => document.getElementById(at).value === want, [name, value]).then(() => true),
  // What axe says in every look, and whether a look is too wide.
  judge: async (page, { picture, scripts }) => {
    const wrong = [];
    if (!scripts) page = await twin(page);
    await page.evaluate(axe);
    for (const [colorScheme, viewport] of LOOKS) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(viewport);
      const judged = await page.evaluate((rules) =>
        globalThis.axe.run(document, { runOnly: { type: "tag", values: rules } }), RULES);
      for (const v of judged.violations) {
        const where = v.nodes.map((n) => n.target.join(" ") + ": " + n.failureSummary);
        wrong.push({ look: `${colorScheme} ${viewport.width}`, rule: v.id, where });
      }
      const wide = await page.evaluate(() =>
        document.documentElement.scrollWidth > document.documentElement.clientWidth);
      if (wide) wrong.push({ look: `${colorScheme} ${viewport.width}`, rule: "wide" });
    }
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.setViewportSize({ width: 1120, height: 900 });
    if (picture) {
      await page.evaluate(() => { scrollTo(0, 0); document.activeElement?.blur(); });
      await page.screenshot({ path: join(pictures, `${picture}.png`), fullPage: true });
    }
    return wrong.concat(page.complaints.splice(0));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  try {
    const page = await visitor(task);
    const came = await tasks[task.do](page, task);
    console.log(JSON.stringify({ came: came ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ wrong: String(error) }));
  }
}
await browser.close();
