// The page against a running device (FIELDPOST_URL) that holds a city. What is recorded is recorded on that device, and
// its hub, where there is one, accepts it. Only what a healthy device never does is put in on the way: a lost reply, a
// view that was cut.
import assert from "node:assert/strict";
import { test } from "node:test";
import { device, getJson, SCREENS, shoot } from "./browser.mjs";
import {
  loseFirstReply,
  open,
  openPlace,
  options,
  place,
  record,
  smallTargets,
  useDevice,
  violationsOn,
} from "./page.mjs";

useDevice();

// How many different colours a picture of the map holds: an empty canvas has one.
async function coloursOnMap(page) {
  const picture = (await page.locator(".map canvas").screenshot()).toString("base64");
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    const { data } = pen.getImageData(0, 0, image.width, image.height);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    return seen.size;
  }, picture);
}

test("typing an address lists results with reasons, and the arrow keys and Enter open one", options, async () => {
  const { page, trouble, close } = await open();
  const box = page.getByRole("combobox");
  await page.keyboard.press("/");
  await page.keyboard.type(place.query.toLowerCase());
  const first = page.getByRole("option").first();
  await first.waitFor();
  assert.notEqual((await first.locator(".why").innerText()).trim(), "", "a result says why it was found");
  assert.equal(await box.getAttribute("aria-expanded"), "true");
  const rows = await page.getByRole("option").count();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  assert.equal(
    await box.getAttribute("aria-activedescendant"),
    await first.getAttribute("id"),
    `${rows} rows, back on the first`,
  );
  await page.keyboard.press("Enter");
  await page.locator(".record").first().waitFor();
  assert.match(page.url(), /#\/property\/[0-9a-z]{13}$/);
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  assert.equal(await box.getAttribute("aria-expanded"), "false");
  assert.deepEqual(trouble, []);
  await close();
});

test(
  "a property shows every section the device has, each record with its source, age and fields",
  options,
  async () => {
    const { page, trouble, close } = await open();
    await openPlace(page);
    for (const section of place.view.sections) {
      if (section.records.length === 0 || ["visit", "observation"].includes(section.kind)) continue;
      const shown = page.locator(`#section-${section.kind}`);
      await shown.getByRole("heading", { name: section.title }).waitFor();
      assert.ok((await shown.innerText()).includes(section.records[0].source.title || section.records[0].source.id));
    }
    const head = page.locator("#section-property .record-head").first();
    assert.match(await head.innerText(), /today|yesterday|ago|age unknown/);
    await head.click();
    await page.locator("#section-property .field").first().waitFor();
    assert.equal(await head.getAttribute("aria-expanded"), "true");
    assert.deepEqual(trouble, []);
    await close();
  },
);

test(
  "the map draws the surroundings and the list names the nearest hydrants with distance and direction",
  options,
  async () => {
    const { page, trouble, close } = await open();
    await openPlace(page);
    await page.locator(".map[data-idle]").waitFor({ timeout: 60_000 });
    const answered = await getJson(`/near?kind=hydrant&working=true&limit=4&property=${place.view.id}`);
    assert.ok(answered.results.length > 0, "the sample city has hydrants");
    await page.locator(".near").first().waitFor();
    assert.match(await page.locator(".near").first().innerText(), /\d+ (ft|mi)\s+(N|NE|E|SE|S|SW|W|NW)\b/);
    assert.equal(await page.locator(".near-title").first().innerText(), answered.results[0].title);
    const list = page.locator("#section-hydrants");
    assert.match(await list.innerText(), /Straight-line distance from the property/);
    assert.match(await page.locator(".near").first().innerText(), /Flow (tested \w+ \d{4}|never tested)/);
    assert.ok((await coloursOnMap(page)) > 8, "the canvas shows more than its ground");
    assert.equal(await page.getByRole("img", { name: "The open place" }).count(), 1);
    assert.deepEqual(trouble, []);
    await close();
  },
);

test(
  "an observation is said to be saved once the device has it, and its state follows without a reload",
  options,
  async () => {
    const { page, trouble, close } = await open();
    await openPlace(page);
    const text = `Rear exit chained, seen at ${new Date().toISOString()}`;
    await record(page, text);
    await page.getByText("Saved on this device.").waitFor();
    const row = page.locator(".record.own").filter({ hasText: text });
    await row.waitFor();
    const state = await row.locator("[data-state]").getAttribute("data-state");
    assert.ok(["pending", "accepted"].includes(state ?? ""), `state is ${state}`);
    const { observations } = await getJson(`/observations?property=${place.view.id}&limit=50`);
    const stored = observations.filter((item) => item.note === text);
    assert.equal(stored.length, 1, "the device holds it once");
    assert.equal(stored[0].severity, "major");
    if ((await getJson("/status")).link.state === "connected") {
      await row.locator('[data-state="accepted"]').waitFor({ timeout: 60_000 });
    }
    assert.deepEqual(trouble, []);
    await close();
  },
);

test("text that is changed after a lost reply is recorded beside what the device already has", options, async () => {
  const { page, trouble, close } = await open();
  await openPlace(page);
  const first = `Gate locked, seen at ${new Date().toISOString()}`;
  const second = `${first}, key at the desk`;
  await loseFirstReply(page, "**/api/v1/observations");
  await record(page, first);
  const sheet = page.getByRole("dialog");
  await sheet.getByText("Not saved.").waitFor();
  await sheet.getByRole("textbox", { name: "What did you see?" }).fill(second);
  await sheet.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Saved on this device.").waitFor();
  const { observations } = await getJson(`/observations?property=${place.view.id}&limit=50`);
  for (const text of [first, second]) {
    assert.equal(observations.filter((item) => item.note === text).length, 1, text);
  }
  assert.deepEqual(trouble, []);
  await close();
});

test("a visit that ended otherwise than typed is told in the device's words; the remark stays", options, async () => {
  const { page, trouble, close } = await open();
  await openPlace(page);
  await page.getByRole("button", { name: "Start visit" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start visit" }).click();
  await page.getByText(/Inspection since/).waitFor();
  await loseFirstReply(page, "**/api/v1/visits/*/finish");
  await page.getByRole("button", { name: "Finish" }).click();
  const sheet = page.getByRole("dialog");
  const remark = sheet.getByRole("textbox", { name: "Closing remark" });
  const save = sheet.getByRole("button", { name: "Finish visit" });
  await sheet.getByRole("radio", { name: "Failed" }).check();
  await save.click();
  await sheet.getByText("Not saved.").waitFor();
  await sheet.getByRole("radio", { name: "Passed" }).check();
  await remark.fill("Mended while we were there");
  const answered = page.waitForResponse((response) => response.url().endsWith("/finish"));
  await save.click();
  const answer = await answered;
  assert.equal(answer.status(), 409);
  const { detail } = await answer.json();
  await sheet.getByText(detail.slice(1)).waitFor();
  assert.equal(await remark.inputValue(), "Mended while we were there");
  const { visits } = await getJson(`/visits?property=${place.view.id}&limit=50`);
  const id = /visits\/([^/]+)\/finish$/.exec(answer.url())[1];
  assert.equal(visits.find((visit) => visit.id === id && visit.event === "finished").result, "failed");
  assert.deepEqual(trouble, []);
  await close();
});

test("Back while something is typed closes the panel, and the draft stays with its own place", options, async () => {
  const { page, trouble, close } = await open();
  await openPlace(page);
  const { lat, lon } = place.view.position;
  const { features } = await getJson(`/map?bbox=${lon - 0.005},${lat - 0.005},${lon + 0.005},${lat + 0.005}`);
  const other = features
    .map((feature) => feature.properties)
    .find(({ layer, title }) => layer === "property" && title !== place.view.title);
  const { title } = await getJson(`/properties/${other.id}`);
  const openOther = async () => {
    await page.goto(`${device}/#/property/${other.id}`);
    await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
  };
  await openOther();
  const text = `Rear exit chained, seen at ${new Date().toISOString()}`;
  await page.getByRole("button", { name: "Record observation" }).click();
  await page.getByRole("textbox", { name: "What did you see?" }).fill(text);
  await page.goBack();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("heading", { level: 1, name: place.view.title, exact: true }).waitFor();
  await openOther();
  await page.getByRole("button", { name: "Continue draft" }).click();
  assert.equal(await page.getByRole("textbox", { name: "What did you see?" }).inputValue(), text);
  await page.getByRole("button", { name: "Save observation" }).click();
  await page.getByText("Saved on this device.").waitFor();
  const notes = async (id) =>
    (await getJson(`/observations?property=${id}&limit=50`)).observations.map((item) => item.note);
  assert.ok((await notes(other.id)).includes(text));
  assert.ok(!(await notes(place.view.id)).includes(text));
  assert.deepEqual(trouble, []);
  await close();
});

test("a measurement is recorded as it was typed, whatever else is touched", options, async () => {
  const { page, trouble, close } = await open();
  await openPlace(page);
  const measured = async (value) => {
    const text = `Gauge read at ${new Date().toISOString()}`;
    await page.getByRole("button", { name: "Record observation" }).click();
    const sheet = page.getByRole("dialog");
    await sheet.getByRole("radio", { name: "Measurement" }).check();
    await sheet.getByRole("textbox", { name: "What", exact: true }).fill("Static pressure");
    await sheet.getByRole("textbox", { name: "Value" }).fill(value);
    await sheet.getByRole("textbox", { name: "Unit" }).fill("psi");
    await sheet.getByRole("radio", { name: "Hazard" }).check();
    assert.equal(await sheet.getByRole("textbox", { name: "Value" }).inputValue(), value, "what counts is seen");
    await sheet.getByRole("textbox", { name: "What did you see?" }).fill(text);
    await sheet.getByRole("button", { name: "Save observation" }).click();
    await page.locator(".record.own").filter({ hasText: text }).waitFor();
    const { observations } = await getJson(`/observations?property=${place.view.id}&limit=50`);
    const { values } = observations.find((item) => item.note === text);
    assert.equal(values["Static pressure unit"], "psi");
    return values["Static pressure"];
  };
  assert.equal(await measured("1,500"), "1500");
  assert.equal(await measured("62.5"), "62.5");
  assert.equal(await measured("1,5"), "1,5", "what may mean two things stays as it was typed");
  assert.deepEqual(trouble, []);
  await close();
});

test("a view that was cut says that not everything is shown", options, async () => {
  const { page, trouble, close } = await open();
  await page.route("**/api/v1/properties/*", async (route) => {
    const response = await route.fetch();
    return route.fulfill({ response, json: { ...(await response.json()), truncated: true } });
  });
  await openPlace(page);
  await page.getByRole("status").filter({ hasText: "Not everything is shown" }).waitFor();
  const cut = place.view.sections.find(
    ({ kind }) => !["property", "hazard", "preplan", "incident", "visit", "observation"].includes(kind),
  );
  const heading = page.locator(`#section-${cut.kind}`).getByRole("heading");
  assert.match(await heading.innerText(), new RegExp(`${cut.records.length}\\+`));
  assert.deepEqual(trouble, []);
  await close();
});

test("a visit starts, takes an observation and finishes", options, async () => {
  const { page, trouble, close } = await open();
  await openPlace(page);
  await page.getByRole("button", { name: "Start visit" }).click();
  await page.getByRole("dialog").getByRole("radio", { name: "Complaint" }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Start visit" }).click();
  await page.getByText(/Complaint since/).waitFor();
  const text = `Hall lights out, seen at ${new Date().toISOString()}`;
  await record(page, text, "Minor");
  await page.locator(".record.own").filter({ hasText: text }).waitFor();
  const { observations } = await getJson(`/observations?property=${place.view.id}&limit=50`);
  assert.ok(observations.find((item) => item.note === text)?.visit, "the observation belongs to the visit");
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("dialog").getByRole("radio", { name: "Failed" }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Finish visit" }).click();
  await page.getByRole("button", { name: "Start visit" }).waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

test(
  "a silent device is announced, the typed text outlives a reload, and a retry records it once",
  options,
  async () => {
    const { page, close } = await open(SCREENS[0]);
    await openPlace(page);
    await page.context().setOffline(true);
    const text = `Hydrant blocked by a car, seen at ${new Date().toISOString()}`;
    await record(page, text);
    await page.getByRole("dialog").getByText("Not saved.").waitFor();
    await shoot(page, "mobile-light-not-saved");
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await page.locator('[data-alarm="silent"]').waitFor({ timeout: 60_000 });
    await shoot(page, "mobile-light-silent");
    await page.context().setOffline(false);
    await page.reload();
    await page.getByRole("button", { name: "Continue draft" }).click();
    const note = page.getByRole("textbox", { name: "What did you see?" });
    assert.equal(await note.inputValue(), text);

    // The second press of Save carries the same id.
    await loseFirstReply(page, "**/api/v1/observations");
    await page.getByRole("button", { name: /Save observation/ }).click();
    await page.getByRole("dialog").getByText("Not saved.").waitFor();
    await page.getByRole("button", { name: "Try again" }).last().click();
    await page.locator(".record.own").filter({ hasText: text }).waitFor();
    const { observations } = await getJson(`/observations?property=${place.view.id}&limit=50`);
    assert.equal(observations.filter((item) => item.note === text).length, 1);
    await page.locator('[data-alarm="silent"]').waitFor({ state: "detached" });
    await close();
  },
);

test(
  "the page fits 360 to 1400 pixels without sideways scrolling, and every touch target is 48 pixels high",
  options,
  async () => {
    for (const width of [360, 390, 768, 900, 1400]) {
      const { page, close } = await open({ width, height: 800 });
      await openPlace(page);
      const wide = await page.evaluate(() => {
        const out = [];
        for (const element of document.querySelectorAll("main, .content, .top, .bottom, .action-buttons")) {
          if (element.scrollWidth > element.clientWidth + 1)
            out.push(`${element.className} is ${element.scrollWidth} wide`);
        }
        return out;
      });
      assert.deepEqual(wide, [], `at ${width} pixels`);
      const small = await smallTargets(page);
      assert.deepEqual(small, [], `at ${width} pixels`);
      await close();
    }
  },
);

for (const screen of SCREENS) {
  for (const scheme of ["light", "dark"]) {
    test(`axe finds no violation on the ${screen.name} page in the ${scheme} scheme`, options, async () => {
      const { page, trouble, close } = await open({ ...screen, scheme });
      const name = (what) => `${screen.name}-${scheme}-${what}`;
      const found = [];
      const check = async (what) => {
        await shoot(page, name(what));
        found.push(...(await violationsOn(page)).map((violation) => `${what}: ${violation}`));
      };
      await check("home");
      await page.getByRole("combobox").fill(place.query.split(" ").slice(0, 2).join(" "));
      await page.getByRole("option").first().waitFor();
      await check("search");
      await openPlace(page);
      await page.locator(".map[data-idle]").waitFor({ timeout: 60_000 });
      await check("property");
      await page.locator("#section-property .record-head").first().click();
      await page.locator("#section-hydrants").scrollIntoViewIfNeeded();
      await check("fields");
      await page.getByRole("button", { name: "Record observation" }).click();
      await check("record");
      await page.keyboard.press("Escape");
      await page.locator(".sync-bar").click();
      await check("state");
      assert.deepEqual(found, []);
      assert.deepEqual(trouble, []);
      await close();
    });
  }
}
