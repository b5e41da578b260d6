// Headless Chromium for the tests, without any of its own traffic, and the folder for screenshots.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const device = (process.env.FIELDPOST_URL ?? "").replace(/\/$/, "");
const shots = process.env.FIELDPOST_SCREENSHOTS ?? "";

export const SCREENS = [
  { name: "mobile", width: 390, height: 844 },
  { name: "desktop", width: 1280, height: 800 },
];
// In the cab, used with gloves.
export const TABLET = { name: "tablet", width: 1024, height: 768, touch: true };

export function launch() {
  return chromium.launch({ executablePath: process.env.FIELDPOST_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

// A page whose complaints and foreign requests are collected: an offline page has neither.
export async function newPage(
  browser,
  { width, height, scheme = "light", reducedMotion = "reduce", touch: hasTouch = false },
) {
  const viewport = { width, height };
  const context = await browser.newContext({ viewport, colorScheme: scheme, reducedMotion, hasTouch });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(`error in the page: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) trouble.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    if (/^https?:/.test(url) && !url.startsWith(`${device}/`)) trouble.push(`request to elsewhere: ${url}`);
  });
  return { page, trouble };
}

export async function shoot(page, name) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

export async function getJson(path, init) {
  const response = await fetch(`${device}/api/v1${path}`, init);
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

// An address the device has, of a property with many records where possible: found through the interface that the page uses.
export async function someProperty() {
  let best = null;
  for (const query of (process.env.FIELDPOST_QUERIES ?? "10,12,101,main,oak,park").split(",")) {
    const { results } = await getJson(`/search?limit=20&q=${encodeURIComponent(query)}`);
    for (const result of results.filter(
      (found) => found.kind === "property" && found.match === "address" && found.position,
    )) {
      const view = await getJson(`/properties/${result.property ?? result.id}`);
      if (!best || view.sections.length > best.view.sections.length) best = { query: result.title, view };
      if (best.view.sections.length >= 5) return best;
    }
  }
  if (!best) throw new Error("the device answers no address; it needs the sample city");
  return best;
}
