// Visits pages in Chromium, lets axe-core judge them, takes pictures, and orders a
// document with scripts switched off. Prints what was found, as JSON.
//
// node visit.mjs SDK BASE PICTURES < {"pages": [{name, path, cookie, status, walk}], "order": {…}}

import { createRequire } from "node:module";
import { readFileSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

const [sdk, base, pictures] = process.argv.slice(2);
const require = createRequire(join(resolve(sdk), "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const { pages, order } = JSON.parse(readFileSync(0, "utf8"));
mkdirSync(pictures, { recursive: true });

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];
const LOOKS = [
  { name: "lys", colorScheme: "light", viewport: { width: 1120, height: 900 } },
  { name: "moerk", colorScheme: "dark", viewport: { width: 1120, height: 900 } },
  // > 320 CSS pixels without scrolling in two directions (WCAG 2.1, 1.4.10)
  { name: "smal", colorScheme: "light", viewport: { width: 320, height: 640 } },
];

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  env: { ...process.env, LANGUAGE: "nb" },
  args: ["--no-sandbox", "--lang=nb-NO", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const found = { violations: [], complaints: [], wide: [], keyboard: [], order: null };

async function visits(look) {
  const context = await browser.newContext({
    colorScheme: look.colorScheme, viewport: look.viewport,
    locale: "nb-NO", reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const complain = (words) => found.complaints.push(`${page.url()}: ${words}`);
  page.on("console", (m) => { if (!m.text().includes(" 404 ")) complain(m.text()); });
  page.on("requestfailed", (r) => complain(r.url()));
  for (const one of pages) await visit(page, look, one);
  await context.close();
}

async function visit(page, look, one) {
  await page.context().clearCookies();
  const headers = one.cookie ? { cookie: one.cookie } : {};
  await page.setExtraHTTPHeaders(headers);
  const answer = await page.goto(base + one.path);
  if (answer.status() !== (one.status ?? 200)) {
    found.complaints.push(`${one.path}: ${answer.status()}`);
  }
  await page.evaluate(axe);
  const judged = await page.evaluate((rules) =>
    globalThis.axe.run(document, { runOnly: { type: "tag", values: rules } }), RULES);
  for (const v of judged.violations) {
    const where = v.nodes.map((n) => n.target.join(" ") + ": " + n.failureSummary);
    found.violations.push({ page: one.path, look: look.name, rule: v.id, where });
  }
  const wide = await page.evaluate(() =>
    document.documentElement.scrollWidth > document.documentElement.clientWidth);
  if (wide) found.wide.push(`${one.path}, ${look.name}`);
  if (look.name === "lys") {
    await page.screenshot({ path: join(pictures, `${one.name}.png`) });
    if (one.walk) found.keyboard.push(...await keyboard(page, one.path));
  }
  if (process.env.EVERY_LOOK && look.name !== "lys") {
    const path = join(pictures, `${one.name}-${look.name}.png`);
    await page.screenshot({ path });
  }
}

// The first stop of the Tab key leads past the menu, and every stop can be seen.
async function keyboard(page, path) {
  const wrong = [];
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.getAttribute("href"));
  if (first !== "#innhold") wrong.push(`${path}: Tab goes to ${first} first`);
  const stops = await page.evaluate(() =>
    document.querySelectorAll("a[href], button, input:not([type=hidden]), select, " +
      "summary, [tabindex='0']").length);
  for (let i = 0; i < Math.min(stops, 40); i += 1) {
    const seen = await page.evaluate(() => {
      const at = document.activeElement;
      const style = getComputedStyle(at);
      const box = at.getBoundingClientRect();
      const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
      return { is: at.outerHTML.slice(0, 80), ring, there: box.width > 0, body: at === document.body };
    });
    if (!seen.body && (!seen.ring || !seen.there)) wrong.push(`${path}: no focus on ${seen.is}`);
    await page.keyboard.press("Tab");
  }
  return wrong;
}

// From the search to the status page with no script of anybody's.
async function orders() {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "nb-NO" });
  const page = await context.newPage();
  await page.goto(base + "/");
  await page.fill("#q", order.words);
  await page.press("#q", "Enter");
  await page.click(".treff button");
  await page.click(".kurvlenke a");
  await page.fill("#epost", order.epost);
  await page.click("form[action='/bestill'] button");
  await page.click("main .knapp");
  await page.click("main form button");
  found.order = { url: page.url(), heading: await page.textContent("h1") };
  await context.close();
}

for (const look of LOOKS) await visits(look);
await orders();
await browser.close();
console.log(JSON.stringify(found));
