// What a crew adds to a place and changes there, against a running device (FIELDPOST_URL): attachments, corrections,
// edits. Put in on the way is only what a healthy device does not do: no room, another crew's edit at the same time.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { device, getJson, SCREENS, shoot } from "./browser.mjs";
import {
  loseFirstReply,
  observed,
  open,
  openPlace,
  options,
  ownRow,
  place,
  record,
  smallTargets,
  useDevice,
  violationsOn,
} from "./page.mjs";

useDevice();

const stamp = () => new Date().toISOString();

// A picture with much detail, as a camera makes them: `seed` makes it one of its own.
async function photo(page, name, { width = 2400, height = 1600 } = {}) {
  const base64 = await page.evaluate(
    async ([width, height, seed]) => {
      const canvas = new OffscreenCanvas(width, height);
      const pen = canvas.getContext("2d");
      let state = seed;
      const random = () => (state = (state * 1664525 + 1013904223) % 4294967296) / 4294967296;
      for (let i = 0; i < 4000; i++) {
        pen.fillStyle = `hsl(${random() * 360} 70% ${random() * 100}%)`;
        pen.fillRect(random() * width, random() * height, random() * 90, random() * 90);
      }
      const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
      const bytes = new Uint8Array(await blob.arrayBuffer());
      let text = "";
      for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
      return btoa(text);
    },
    [width, height, Date.now() % 4294967296],
  );
  return { name, mimeType: "image/jpeg", buffer: Buffer.from(base64, "base64") };
}

function voiceNote(name) {
  const sound = Buffer.alloc(44 + 8000, 128);
  sound.write("RIFF", 0);
  sound.writeUInt32LE(36 + 8000, 4);
  sound.write("WAVEfmt ", 8);
  sound.writeUInt32LE(16, 16);
  sound.writeUInt16LE(1, 20); // PCM
  sound.writeUInt16LE(1, 22); // one channel
  sound.writeUInt32LE(8000, 24);
  sound.writeUInt32LE(8000, 28);
  sound.writeUInt16LE(1, 32);
  sound.writeUInt16LE(8, 34); // bits
  sound.write("data", 36);
  sound.writeUInt32LE(8000, 40);
  sound.writeDoubleLE(Date.now(), 44); // content of its own
  return { name, mimeType: "audio/wav", buffer: sound };
}

async function openRecordSheet(page, text) {
  await page.getByRole("button", { name: /^(Record observation|Continue draft)$/ }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("textbox", { name: "What did you see?" }).fill(text);
  return sheet;
}

const choose = (sheet, source, file) => sheet.locator(`input[data-source="${source}"]`).setInputFiles(file);
const attached = (sheet, name) => sheet.getByRole("listitem").filter({ hasText: name });

async function fetchBytes(sha256) {
  const response = await fetch(`${device}/api/v1/attachments/${sha256}`);
  assert.equal(response.status, 200);
  return { type: response.headers.get("content-type"), bytes: Buffer.from(await response.arrayBuffer()) };
}

// A record of the place with a field of plain text that names nothing: {record, field}.
function editable() {
  const names = ["use_description", "building_type", "neighborhood", "use_code"];
  for (const record of place.view.sections.find((section) => section.kind === "property").records) {
    const field = record.fields.find(({ name, value }) => names.includes(name) && typeof value === "string");
    if (field) return { record, field };
  }
  throw new Error("the sample city's property has no plain text to edit");
}

async function openRecord(page) {
  await page.locator("#section-property .record-head").first().click();
  return page.locator("#section-property .record-fields").first();
}

async function openEdit(page) {
  const fields = await openRecord(page);
  await fields.getByRole("button", { name: "Change what this says" }).click();
  return page.getByRole("dialog");
}

// The view of a property as it comes, with this field of its first record changed.
async function changeField(page, name, part) {
  await page.route("**/api/v1/properties/*", async (route) => {
    const response = await route.fetch();
    const view = await response.json();
    const fields = view.sections.find((section) => section.kind === "property").records[0].fields;
    const extra = part();
    if (extra)
      Object.assign(
        fields.find((field) => field.name === name),
        extra,
      );
    return route.fulfill({ response, json: view });
  });
}

test("a photo goes to the device with a small picture of it, and is seen with what was recorded", options, async () => {
  const { page, trouble, close } = await open();
  await openPlace(page);
  const text = `Crack above the door, seen at ${stamp()}`;
  const file = await photo(page, "door.jpg");
  const sheet = await openRecordSheet(page, text);
  await choose(sheet, "Photo", file);
  const item = attached(sheet, "door.jpg");
  await item.locator("img.thumbnail").waitFor();
  await item.getByText("on this device").waitFor();
  await shoot(page, "desktop-light-attached");
  await sheet.getByRole("button", { name: "Save observation" }).click();
  await page.getByText("Saved on this device.").waitFor();

  const [kept] = (await observed(text)).attachments;
  assert.equal(kept.name, "door.jpg");
  assert.equal(kept.media_type, "image/jpeg");
  assert.ok((await fetchBytes(kept.sha256)).bytes.equals(file.buffer), "the photo is kept as it was taken");
  const small = await fetchBytes(kept.thumbnail);
  assert.equal(small.type, "image/jpeg");
  assert.ok(small.bytes.length <= 20_000, `the small picture has ${small.bytes.length} bytes`);

  const shown = ownRow(page, text).locator("[data-attachment]");
  await shown.getByText("door.jpg").waitFor();
  assert.match(await shown.innerText(), /Not sent yet|The hub has it/);
  const size = await shown.locator("img").evaluate(async (image) => {
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
  });
  assert.deepEqual(
    size.map((side) => side <= 320 && side > 50),
    [true, true],
    `it measures ${size}`,
  );
  const { link } = await getJson("/status");
  if (link.state === "connected" && !link.held.some(({ what }) => what === "attachments")) {
    await ownRow(page, text).locator('[data-attachment="sent"]').waitFor({ timeout: 60_000 });
  }
  await shown.getByRole("button").click();
  const whole = page.getByRole("dialog", { name: "door.jpg" }).getByRole("img", { name: "door.jpg" });
  assert.equal(await whole.evaluate(async (image) => (await image.decode(), image.naturalWidth)), 2400);
  assert.deepEqual(trouble, []);
  await close();
});

test("a voice note and a file are attached, also without a word, and one can be taken off again", options, async () => {
  const { page, trouble, close } = await open(SCREENS[0]);
  await openPlace(page);
  const note = `voice ${Date.now()}.wav`;
  const plan = { name: `plan ${Date.now()}.txt`, mimeType: "text/plain", buffer: Buffer.from(`side A ${stamp()}`) };
  const sheet = await openRecordSheet(page, "");
  await choose(sheet, "Voice note", voiceNote(note));
  await choose(sheet, "File", [plan, { ...plan, name: "wrong.txt", buffer: Buffer.from(`wrong ${stamp()}`) }]);
  for (const name of [note, plan.name, "wrong.txt"]) await attached(sheet, name).getByText("on this device").waitFor();
  await sheet.getByRole("button", { name: "Take off wrong.txt" }).click();
  await page.reload();
  await openRecordSheet(page, "");
  await attached(sheet, note).getByText("on this device").waitFor();
  await sheet.getByRole("button", { name: "Save observation" }).click();
  await page.getByText("Saved on this device.").waitFor();
  const { observations } = await getJson(`/observations?property=${place.view.id}&limit=50`);
  const saved = observations.find((item) => item.attachments.some(({ name }) => name === note));
  assert.deepEqual(
    saved.attachments.map(({ name, media_type }) => [name, media_type]).sort(),
    [
      [plan.name, "text/plain"],
      [note, "audio/wav"],
    ].sort(),
  );
  await page.getByRole("button", { name: new RegExp(`^${note}`) }).click();
  const sound = page.getByRole("dialog", { name: note }).locator("audio");
  await sound.evaluate(
    (audio) =>
      new Promise((done, fail) => {
        audio.addEventListener("loadedmetadata", done);
        audio.addEventListener("error", () => fail(new Error("the voice note cannot be played")));
        audio.load();
      }),
  );
  assert.deepEqual(trouble, []);
  await close();
});

test("a file beyond the limit is refused before anything is sent", options, async () => {
  const { page, trouble, close } = await open();
  await openPlace(page);
  const folder = mkdtempSync(join(tmpdir(), "fieldpost-"));
  try {
    const path = join(folder, "long.mp4");
    writeFileSync(path, "");
    truncateSync(path, 200_000_001);
    let sent = 0;
    page.on("request", (request) => {
      if (request.url().includes("/attachments")) ++sent;
    });
    const sheet = await openRecordSheet(page, "");
    await choose(sheet, "File", path);
    await sheet.getByRole("alert").filter({ hasText: "larger than 200 MB" }).waitFor();
    assert.equal(sent, 0);
    await sheet.getByRole("button", { name: "Dismiss long.mp4" }).click();
    assert.equal(await attached(sheet, "long.mp4").count(), 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.deepEqual(trouble, []);
  await close();
});

test("without room for a photo the page says what to do, and the words are saved all the same", options, async () => {
  const { page, trouble, close } = await open(SCREENS[0]);
  await openPlace(page);
  await page.route("**/api/v1/attachments*", (route) =>
    route.fulfill({
      status: 507,
      contentType: "application/problem+json",
      body: JSON.stringify({
        title: "Insufficient Storage",
        status: 507,
        detail: "the disk is nearly full: connect this vehicle",
      }),
    }),
  );
  const text = `Stair rotten, seen at ${stamp()}`;
  const sheet = await openRecordSheet(page, text);
  await choose(sheet, "Photo", await photo(page, "stair.jpg", { width: 400, height: 300 }));
  const failed = sheet.getByRole("alert").filter({ hasText: "Not attached." });
  await failed.waitFor();
  assert.match(await failed.innerText(), /disk is nearly full: connect this vehicle\. Your words can be saved/);
  await shoot(page, "mobile-light-no-room");
  await sheet.getByRole("button", { name: "Save observation" }).click();
  await page.getByText("Saved on this device.").waitFor();
  assert.deepEqual((await observed(text)).attachments, []);
  assert.deepEqual(trouble, []);
  await close();
});

test("while a photo is stored its progress is seen, saving waits, and it can be stopped", options, async () => {
  const { page, trouble, close } = await open();
  await openPlace(page);
  let begun;
  const waits = new Promise((resolve) => (begun = resolve));
  await page.route("**/api/v1/attachments*", () => begun()); // never answered
  const sheet = await openRecordSheet(page, `Slow link, seen at ${stamp()}`);
  await choose(sheet, "Photo", await photo(page, "slow.jpg", { width: 400, height: 300 }));
  await waits;
  await sheet.getByRole("progressbar", { name: "Storing slow.jpg" }).waitFor();
  assert.ok(await sheet.getByRole("button", { name: "Storing the attachment" }).isDisabled());
  await sheet.getByRole("button", { name: "Stop slow.jpg" }).click();
  await sheet.getByRole("button", { name: "Save observation" }).waitFor();
  assert.equal(await attached(sheet, "slow.jpg").count(), 0);
  assert.deepEqual(trouble, []);
  await close();
});

test("a correction takes the place of what was seen, which stays beside it as superseded", options, async () => {
  const { page, trouble, close } = await open();
  await openPlace(page);
  const wrong = `Gas smell in the cellar, seen at ${stamp()}`;
  const right = `Sewer smell in the cellar, seen at ${stamp()}`;
  await record(page, wrong);
  await ownRow(page, wrong).waitFor();
  await page.getByRole("button", { name: `Correct: ${wrong}` }).click();
  const sheet = page.getByRole("dialog", { name: "Correct an observation" });
  const note = sheet.getByRole("textbox", { name: "What did you see?" });
  assert.equal(await note.inputValue(), wrong, "it begins with what stands");
  assert.ok(await sheet.getByRole("radio", { name: "Major" }).isChecked());
  await note.fill(right);
  await sheet.getByRole("button", { name: "Save correction" }).click();
  await sheet.getByText("Say why it is corrected.").waitFor();
  await sheet.getByRole("textbox", { name: "Why is it corrected?" }).fill("Looked again.");
  await loseFirstReply(page, "**/api/v1/observations/*/corrections");
  const save = sheet.getByRole("button", { name: "Try again" });
  await save.click();
  await sheet.getByText("The device does not answer.").waitFor();
  await save.click();
  await page.getByText("Correction saved on this device.").waitFor();

  const row = ownRow(page, right);
  await row.waitFor();
  assert.equal(await row.locator("del").innerText(), `Condition. ${wrong}`);
  assert.match(await row.locator(".superseded").innerText(), /Looked again\./);
  const { corrections } = await observed(wrong);
  assert.deepEqual(
    corrections.map(({ why, note, severity }) => [why, note, severity]),
    [["Looked again.", right, "major"]],
    "a lost reply corrects nothing twice",
  );
  if ((await getJson("/status")).link.state === "connected") {
    await row.locator('[data-state="accepted"]').first().waitFor({ timeout: 60_000 });
  }
  await shoot(page, "desktop-light-corrected");
  assert.deepEqual(trouble, []);
  await close();
});

test("a field is changed from what it says, with the version that was seen, and shown at once", options, async () => {
  const { page, trouble, close } = await open();
  await openPlace(page);
  const { record: edits, field } = editable();
  const value = `Warehouse ${Date.now()}`;
  const sheet = await openEdit(page);
  const input = sheet.locator(`[data-field="${field.name}"]`).getByRole("textbox");
  await input.fill(value);
  await sheet.getByRole("textbox", { name: "Why, or how do you know?" }).fill("Asked the owner");
  const posted = page.waitForRequest((request) => request.url().endsWith("/edits"));
  await sheet.getByRole("button", { name: "Save change" }).click();
  const body = (await posted).postDataJSON();
  assert.deepEqual(body.fields, { [field.name]: value }, "only what was changed is sent");
  assert.ok(body.version >= edits.version);
  await page.getByText("Change saved on this device.").waitFor();
  const line = page.locator(`#section-property [data-field="${field.name}"]`).first();
  await line.getByText(value).waitFor();
  const chip = line.locator("[data-state]");
  if (await chip.count()) assert.match((await chip.textContent()) ?? "", /Yours/);
  assert.deepEqual(trouble, []);
  await close();
});

for (const { state, reason, own, words } of [
  { state: "pending", words: ["Yours, not yet at the hub"] },
  { state: "pending", reason: "waits for an operation that it needs", words: ["Parked at the hub: waits for an"] },
  { state: "accepted", words: ["Yours, accepted by the hub"] },
  { state: "conflict", own: "Shop", words: ["In conflict: someone else changed it too", "Yours: Shop", "decides"] },
  {
    state: "quarantined",
    reason: "the record is gone",
    own: "Shop",
    words: ["held back by the hub: the record is gone"],
  },
]) {
  test(`an edit that is ${state}${reason ? `, since ${reason},` : ""} says so beside its field`, options, async () => {
    const { page, trouble, close } = await open();
    const { field } = editable();
    const part = { state, ...(reason ? { reason } : {}), ...(own ? { own_value: own } : {}) };
    await changeField(page, field.name, () => part);
    await openPlace(page);
    const line = (await openRecord(page)).locator(`[data-field="${field.name}"]`);
    for (const text of words) await line.getByText(text).waitFor();
    assert.deepEqual(await violationsOn(page), []);
    assert.deepEqual(trouble, []);
    await close();
  });
}

test("what someone else changes while one types is told before it is sent", options, async () => {
  const { page, trouble, close } = await open();
  const { field } = editable();
  let meanwhile = false;
  await changeField(page, field.name, () => (meanwhile ? { value: "Chapel" } : null));
  await openPlace(page);
  const sheet = await openEdit(page);
  const input = sheet.locator(`[data-field="${field.name}"]`).getByRole("textbox");
  await input.fill("Library");
  meanwhile = true;
  // Whatever is recorded on this device makes the page read the place again.
  await getJson("/observations", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind: "note", note: `Passed by at ${stamp()}`, property: place.view.id }),
  });
  await sheet.getByText("it says Chapel now").waitFor();
  assert.equal(await input.inputValue(), "Library", "what was typed stays");
  await sheet.getByRole("button", { name: "I have seen it" }).click();
  await sheet.getByText("it says Chapel now").waitFor({ state: "detached" });
  await input.fill("Chapel");
  await sheet.getByRole("button", { name: "Save change" }).click();
  await sheet.getByText("Nothing is changed yet.").waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

for (const screen of SCREENS) {
  for (const scheme of ["light", "dark"]) {
    test(`axe finds no violation in the panels of a crew's work, ${screen.name}, ${scheme}`, options, async () => {
      const { page, trouble, close } = await open({ ...screen, scheme });
      const found = [];
      const check = async (what) => {
        await shoot(page, `${screen.name}-${scheme}-${what}`);
        found.push(...(await violationsOn(page)).map((violation) => `${what}: ${violation}`));
        found.push(...(await smallTargets(page)).map((target) => `${what}, too low: ${target}`));
      };
      await openPlace(page);
      const text = `Roof hatch open, seen at ${stamp()}`;
      const sheet = await openRecordSheet(page, text);
      await choose(sheet, "Photo", await photo(page, "hatch.jpg", { width: 640, height: 480 }));
      await attached(sheet, "hatch.jpg").getByText("on this device").waitFor();
      await check("attach");
      await sheet.getByRole("button", { name: "Save observation" }).click();
      await ownRow(page, text).locator("[data-attachment]").waitFor();
      await page.getByRole("button", { name: `Correct: ${text}` }).click();
      await check("correct");
      await page.keyboard.press("Escape");
      await openEdit(page);
      await check("edit");
      assert.deepEqual(found, []);
      assert.deepEqual(trouble, []);
      await close();
    });
  }
}
