// What the page says of the device, and what a crew reports of itself, against a running device (FIELDPOST_URL). What a
// healthy device does not say (a full disk, a link that is paused) is put in on the way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { getJson, SCREENS, shoot } from "./browser.mjs";
import { changeStatus, open, options, smallTargets, useDevice, violationsOn } from "./page.mjs";

useDevice();

async function openState(page) {
  await page.locator(".sync-bar").click();
  return page.getByRole("dialog", { name: "State of this device" });
}

async function openCrew(page) {
  await page.getByRole("button", { name: "Status and SOS" }).click();
  return page.getByRole("dialog", { name: "Status and SOS" });
}

function report(status) {
  return getJson("/statuses", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ status }),
  });
}

test("the state names each lane, each way out and the room there is, as the device tells them", options, async () => {
  const { page, trouble, close } = await open();
  const sheet = await openState(page);
  const { link, journal, safe_to_switch_off } = await getJson("/status");
  const toSend = await sheet.locator('[data-part="to-send"]').innerText();
  for (const name of ["Urgent", "Work", "Box's own readings", "Photos and files"])
    assert.ok(toSend.includes(name), name);
  const ways = sheet.locator('[data-part="link"]');
  assert.equal(
    await ways.locator("dt").count(),
    2 + link.uplinks.length + (link.held.length ? 1 : 0) + (link.month ? 1 : 0),
  );
  assert.match(await ways.innerText(), /Urgent messages/i);
  assert.match(await sheet.locator('[data-part="storage"]').innerText(), /Works\. Records are on disk/);
  assert.equal(safe_to_switch_off && journal.saved, true);
  await sheet.getByText("It is safe to switch this device off.").waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

test(
  "what waits is told with its age and the reason, and so are a paused link and the month's data",
  options,
  async () => {
    const why = "Records wait: the mobile network is paused, only urgent messages go.";
    const photos = "Photos and other attachments wait: the mobile network is paused.";
    const since = new Date().toISOString();
    const { page, trouble, close } = await open(SCREENS[0], (page) =>
      changeStatus(page, (status) => ({
        ...status,
        journal: {
          ...status.journal,
          lanes: [
            { lane: "urgent", waiting: 0, positions: 0, oldest_unsent_s: null },
            { lane: "work", waiting: 3, positions: 0, oldest_unsent_s: 754 },
            { lane: "telemetry", waiting: 0, positions: 0, oldest_unsent_s: null },
          ],
        },
        attachments: { ...status.attachments, waiting: 2, waiting_bytes: 5_000_000 },
        link: {
          ...status.link,
          state: "connected",
          hub: "present",
          uplinks: [
            { name: "wlan0", kind: "wifi_depot", up: false, metered: false, since, in_use: false },
            { name: "wwan0", kind: "lte", up: true, metered: true, since, in_use: true },
          ],
          month: {
            kind: "lte",
            month: "2026-03",
            used_bytes: 1_500_000_000,
            left_bytes: 500_000_000,
            attachments_used_bytes: 200_000_000,
            attachments_left_bytes: 0,
          },
          held: ["work", "feed", "thumbnails", "attachments", "telemetry", "bulk"].map((what) => ({
            what,
            reason: "paused",
            why: what === "attachments" ? photos : why,
          })),
        },
      })),
    );
    assert.match(await page.locator(".sync-bar").innerText(), /Mobile data, paused[\s\S]*3 to send, 12 min/);
    const sheet = await openState(page);
    const text = await sheet.innerText();
    assert.ok(text.includes(`3 waiting, the oldest for 12 min. ${why}`));
    assert.ok(text.includes(`2 waiting, 5 MB. ${photos}`));
    assert.match(text, /Depot Wi-Fi\s+Down/);
    assert.match(text, /Mobile data\s+Up, in use, paid by the byte/);
    assert.match(text, /May go now\s+Urgent messages\n/);
    assert.match(
      text,
      /Paused\s+Records, changes of city data, small pictures, photos and files, positions, new city data/,
    );
    assert.match(text, /Mobile data: 1\.5 GB of 2\.0 GB used\. Photos and files: 200 MB used: all of it/);
    const pauses = [];
    await page.route("**/api/v1/link/pause", (route) => {
      pauses.push(route.request().postDataJSON());
      return route.fulfill({ status: 200, json: { message: "Going again over lte." } });
    });
    await shoot(page, "mobile-light-paused");
    assert.deepEqual(await violationsOn(page), []);
    await sheet.getByRole("button", { name: "End the pause of Mobile data" }).click();
    await sheet.getByText("Going again over lte.").waitFor();
    assert.deepEqual(pauses, [{ kind: "lte", paused: false }]);
    assert.deepEqual(trouble, []);
    await close();
  },
);

test("NOT SAVED and a full disk are above all else, with what to do", options, async () => {
  const full =
    "The disk is almost full (120 MiB are free): new photos and other attachments are refused, records are saved. " +
    "Connect this vehicle to the hub or free some space.";
  const { page, trouble, close } = await open(SCREENS[0], (page) =>
    changeStatus(page, (status) => ({
      ...status,
      journal: { ...status.journal, saved: false },
      storage: { ...status.storage, reserve_held: false, attachment_room_bytes: 0 },
      safe_to_switch_off: false,
      messages: ["NOT SAVED: the last record could not be written. Free some space, then record it again.", full],
    })),
  );
  const alarm = page.locator('[data-alarm="not-saved"]');
  assert.match(await alarm.innerText(), /NOT SAVED\.[\s\S]*record it again/);
  assert.equal(await page.locator('[data-alarm="storage"]').innerText(), full);
  assert.match(await page.locator('.sync-item[data-part="power"]').innerText(), /Keep power on/);
  await shoot(page, "mobile-light-full");
  const sheet = await openState(page);
  assert.match(await sheet.locator('[data-part="storage"]').innerText(), /NOT SAVED[\s\S]*refused[\s\S]*Given up/);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Record observation" }).click();
  await page.getByRole("dialog").getByText("There is no room for photos and files").waitFor();
  assert.deepEqual(await violationsOn(page), []);
  assert.deepEqual(trouble, []);
  await close();
});

test(
  "a touch of the SOS button sends nothing; held, it is on the device and the hub's word follows",
  options,
  async () => {
    await report("available");
    const { page, trouble, close } = await open(SCREENS[0]);
    let posts = 0;
    page.on("request", (request) => {
      if (request.method() === "POST" && request.url().endsWith("/statuses")) ++posts;
    });
    const sheet = await openCrew(page);
    const button = sheet.getByRole("button", { name: "Send SOS" });
    await button.click();
    await sheet.getByText("Let go too soon: nothing was sent.").waitFor();
    assert.equal(posts, 0);

    await button.hover();
    await page.mouse.down();
    await sheet.getByText("Keep holding.").waitFor();
    await shoot(page, "mobile-light-sos-holding");
    await sheet.getByText(/^SOS of /).waitFor();
    await page.mouse.up();
    assert.equal(posts, 1);
    const { crew, link } = await getJson("/status");
    assert.equal(crew.status, "sos");
    if (link.state === "connected") await sheet.getByText(/SOS of .* received by the hub/).waitFor({ timeout: 60_000 });
    await page.keyboard.press("Escape");
    const line = page.locator('[data-crew="sos"]');
    await line.waitFor();
    assert.match(await line.innerText(), /^SOS of/);
    await shoot(page, "mobile-light-sos");
    assert.deepEqual(await violationsOn(page), []);
    await page.reload();
    await line.waitFor();
    await report("available");
    await line.waitFor({ state: "detached", timeout: 60_000 });
    assert.deepEqual(trouble, []);
    await close();
  },
);

test("with keys alone a status is chosen, held and reported, and a lost reply reports it once", options, async () => {
  await report("available");
  const { page, trouble, close } = await open();
  const ids = [];
  await page.route("**/api/v1/statuses", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    ids.push(route.request().postDataJSON().id);
    await route.fetch();
    return route.abort("connectionreset");
  });
  const sheet = await openCrew(page);
  await sheet.getByRole("radio", { name: "On scene" }).focus();
  await page.keyboard.press("Space");
  await sheet.getByRole("textbox").fill("two of us");
  await sheet.getByRole("button", { name: 'Send "On scene"' }).focus();
  await page.keyboard.press("Enter");
  await sheet.getByText("Let go too soon: nothing was sent.").waitFor();
  await page.keyboard.down("Space");
  await sheet.getByText(/^On scene of /).waitFor();
  await page.keyboard.up("Space");
  const { crew } = await getJson("/status");
  assert.deepEqual([crew.status, crew.note], ["on_scene", "two of us"]);
  assert.deepEqual(ids, [crew.id]);
  await sheet.getByText("may not be saved").waitFor({ state: "detached" });
  await report("available");
  assert.deepEqual(trouble, []);
  await close();
});

test("a status that waits is told as not yet sent, one that the hub set aside as such", options, async () => {
  const crew = (part) => ({
    id: "5b0a4b3e-7c1d-4d1e-9a55-0c6f3b1b2a01",
    status: "sos",
    note: "",
    recorded_at: new Date().toISOString(),
    ...part,
  });
  for (const [part, words] of [
    [{ state: "pending" }, /NOT YET SENT: it goes first when a link is up/],
    [
      { state: "quarantined", reason: "the clock was wrong" },
      /held back by the hub: the clock was wrong\. Use the radio/,
    ],
  ]) {
    const { page, trouble, close } = await open(SCREENS[0], (page) =>
      changeStatus(page, (status) => ({
        ...status,
        link: { ...status.link, state: "offline", hub: "unknown" },
        crew: crew(part),
      })),
    );
    const line = page.locator(`[data-crew="sos"][data-state="${part.state}"]`);
    await line.waitFor();
    assert.match(await line.innerText(), words);
    assert.deepEqual(trouble, []);
    await close();
  }
});

for (const screen of SCREENS) {
  for (const scheme of ["light", "dark"]) {
    test(`axe finds no violation in the status panels, ${screen.name}, ${scheme}`, options, async () => {
      const { page, trouble, close } = await open({ ...screen, scheme });
      const found = [];
      const check = async (what) => {
        await shoot(page, `${screen.name}-${scheme}-${what}`);
        found.push(...(await violationsOn(page)).map((violation) => `${what}: ${violation}`));
        found.push(...(await smallTargets(page)).map((target) => `${what}, too low: ${target}`));
      };
      await openState(page);
      await check("device-state");
      await page.keyboard.press("Escape");
      await openCrew(page);
      await check("crew");
      assert.deepEqual(found, []);
      assert.deepEqual(trouble, []);
      await close();
    });
  }
}
