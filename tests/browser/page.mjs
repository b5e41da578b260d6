// What the tests do with the page again and again, on one browser and one place for each file of tests.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { device, getJson, launch, newPage, SCREENS, someProperty, TABLET } from "./browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const options = { skip: device ? false : "FIELDPOST_URL names no device", timeout: 180_000 };

let browser;
export let place; // an address that the device holds: {query, view}

export function useDevice() {
  before(async () => {
    if (!device) return;
    browser = await launch();
    place = await someProperty();
  });
  after(() => browser?.close());
}

// `prepare` sees the page before it is loaded.
export async function open(screen = SCREENS[1], prepare = async () => {}) {
  const { page, trouble } = await newPage(browser, screen);
  await prepare(page);
  await page.goto(`${device}/`);
  await page.locator('.sync-item[data-part="outbox"]').waitFor();
  return { page, trouble, close: () => page.context().close() };
}

// A page of which nothing is loaded yet.
export function newTablet() {
  return newPage(browser, TABLET);
}

export async function openPlace(page) {
  await page.getByRole("combobox").fill(place.query);
  await page.getByRole("option").first().waitFor();
  await page.getByRole("option").filter({ hasText: place.query }).first().click();
  await page.getByRole("heading", { level: 1, name: place.view.title }).waitFor();
  await page.locator(".record").first().waitFor();
}

// The view as the device gives it, changed on the way: for what the sample city hides from this profile, or lacks.
export async function changeView(page, change) {
  await page.route("**/api/v1/properties/*", async (route) => {
    const view = await (await route.fetch()).json();
    await route.fulfill({ contentType: "application/json", body: JSON.stringify(change(view)) });
  });
}

export async function violationsOn(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(
    ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`,
  );
}

// What can be touched and is lower than so many pixels.
export function smallTargets(page, least = 48) {
  return page.evaluate(
    (least) =>
      [...document.querySelectorAll("button, input, textarea, a.button, a.phone, [role=option]")]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < least - 0.5)
        .map((element) => element.outerHTML.slice(0, 80)),
    least,
  );
}

// The reply to the first POST there gets lost after the device has saved.
export async function loseFirstReply(page, path) {
  let lost = false;
  await page.route(path, async (route) => {
    if (route.request().method() !== "POST" || lost) return route.continue();
    lost = true;
    await route.fetch();
    return route.abort("connectionreset");
  });
}

// What the device says of itself is changed on the way: for what a healthy one does not say. To be called before the
// page is loaded.
export async function changeStatus(page, change) {
  const changed = async () => JSON.stringify(change(await getJson("/status")));
  await page.route("**/api/v1/status", async (route) =>
    route.request().method() === "GET"
      ? route.fulfill({ contentType: "application/json", body: await changed() })
      : route.continue(),
  );
  await page.route("**/api/v1/events", async (route) =>
    route.fulfill({
      contentType: "text/event-stream",
      body: `retry: 600000\nevent: status\ndata: ${await changed()}\n\n`,
    }),
  );
}

export async function record(page, text, severity = "Major") {
  await page.getByRole("button", { name: "Record observation" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("radio", { name: "Condition" }).check();
  await sheet.getByRole("textbox", { name: "What did you see?" }).fill(text);
  await sheet.getByRole("radio", { name: severity }).check();
  await sheet.getByRole("button", { name: /Save observation|Try again/ }).click();
}

// The crew's observation with this note, as the device lists it.
export async function observed(note) {
  const { observations } = await getJson(`/observations?property=${place.view.id}&limit=50`);
  const found = observations.filter((item) => item.note === note);
  if (found.length !== 1) throw new Error(`the device holds "${note}" ${found.length} times`);
  return found[0];
}

// Its row in the list of what was recorded from this vehicle.
export function ownRow(page, text) {
  return page.locator(".record.own").filter({ hasText: text });
}
