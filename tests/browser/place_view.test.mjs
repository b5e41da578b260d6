// The 360° view and the way to it, against a running device (FIELDPOST_URL): the quick sheet, where each fact is from and
// how far it can be trusted, who is called, which hydrants, and that nothing opens by itself that was not surely meant.
// Put in on the way is only what the sample city hides from this profile, or lacks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { device, getJson, SCREENS, shoot, TABLET } from "./browser.mjs";
import {
  changeStatus,
  changeView,
  newTablet,
  open,
  openPlace,
  options,
  place,
  smallTargets,
  useDevice,
  violationsOn,
} from "./page.mjs";

useDevice();

// Properties around the place of the tests, the nearest part of the map first.
async function propertiesAround(half) {
  const { lat, lon } = place.view.position;
  const { features } = await getJson(`/map?bbox=${lon - half},${lat - half},${lon + half},${lat + half}`);
  return features.filter(({ properties }) => properties.layer === "property").map(({ properties }) => properties.id);
}

// Every origin that a view names, with where it stands.
function originsOf(value, path = "view") {
  if (Array.isArray(value)) return value.flatMap((item, i) => originsOf(item, `${path}[${i}]`));
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, item]) =>
    (name === "origin" || name === "plan") && item !== null
      ? [{ path: `${path}.${name}`, origin: item }]
      : originsOf(item, `${path}.${name}`),
  );
}

async function openView(page, id) {
  await page.goto(`${device}/#/property/${id}`);
  await page.locator("#section-quick").waitFor();
}

test("the quick sheet stands first and says from what it is made", options, async () => {
  const { page, trouble, close } = await open(SCREENS[0]);
  await openPlace(page);
  const sheet = page.locator("#section-quick");
  assert.ok((await sheet.innerText()).includes(place.view.quick_sheet.basis_text));
  const [first] = await page.locator("article.property section h2").allInnerTexts();
  assert.equal(first.trim(), "Quick sheet");
  const size = await sheet.locator(".near-title, .quick-value, .basis").first().evaluate((element) =>
    parseFloat(getComputedStyle(element).fontSize),
  );
  assert.ok(size >= 17, `${size} pixels`);
  assert.deepEqual(trouble, []);
  await close();
});

test("warnings, needs and doubts are said in words, the gravest first, and nobody's name beside a need", options, async () => {
  const { page, trouble, close } = await open(SCREENS[0], async (page) => {
    await changeView(page, (view) => {
      const origin = {
        ...view.sections[0].records[0],
        record: view.id,
        kind: "violation",
        as_of: "2020-01-01",
        staleness: "stale",
        link: { method: "position", confidence: 0.55, doubtful: true },
        state: "current",
      };
      const warning = (severity, title) => ({ severity, title, detail: "Exit blocked", since: "2026-02-01", origin });
      view.quick_sheet = {
        ...view.quick_sheet,
        placard: { health: 3, flammability: 4, instability: 0, special: "W" },
        hazards: [
          {
            title: "Sodium",
            nfpa704: { health: 3, flammability: 4, instability: 0, special: "W" },
            detail: "20 lb",
            concluded: false,
            origin,
          },
        ],
        needs: [{ code: "O2", text: "Oxygen in use", people: null, origin }],
        warnings: [warning("critical", "Fire protection impaired"), warning("info", "Vacant")],
        access: [{ name: "key_box", label: "Key box", text: "Left of the door", origin }],
        contacts: [{ name: "Ruth Ames", role: "key holder", phones: ["309-555-0100"], origin }],
      };
      view.case_file = {
        ...view.case_file,
        open_items: [
          {
            title: "Violation V-1",
            detail: "Exit blocked",
            status: "open",
            due_on: "2026-02-01",
            overdue_days: 28,
            responsible: "Owner LLC",
            origin,
          },
        ],
      };
      return view;
    });
  });
  await openPlace(page);
  const sheet = page.locator("#section-quick");
  const [first, second] = await sheet.locator(".alarm-row strong").allInnerTexts();
  assert.equal(first, "Critical: Fire protection impaired");
  assert.equal(second, "Note: Vacant");
  assert.match(await sheet.locator(".alarm-row").first().innerText(), /May belong to another address, 55 % sure/);
  assert.equal(await sheet.locator('[data-staleness="stale"]').first().isVisible(), true);
  await sheet.getByRole("img", { name: "NFPA 704: health 3, flammability 4, instability 0, special W" }).first().waitFor();
  assert.match(await sheet.locator(".need").innerText(), /O2\s+Oxygen in use/);
  assert.equal(await sheet.getByRole("link", { name: "309-555-0100" }).getAttribute("href"), "tel:309-555-0100");
  assert.match(await page.locator("#section-open").innerText(), /28 days overdue/);
  assert.match(await page.locator("#section-open").innerText(), /To act: Owner LLC/);
  await shoot(page, "mobile-quick-sheet");
  assert.deepEqual(await violationsOn(page), []);
  assert.deepEqual(await smallTargets(page), []);
  assert.deepEqual(trouble, []);
  await close();
});

test("who to call at a place is listed with topic, agency and number", options, async () => {
  const { page, trouble, close } = await open();
  await openPlace(page);
  const { results } = await getJson(`/responsible?topic=fire&property=${place.view.id}`);
  assert.ok(results.length > 0, "somebody answers for fire");
  const list = page.locator("#section-responsible");
  assert.ok((await list.innerText()).includes(place.view.responsible[0].agency));
  const more = list.getByRole("button", { name: /Show all/ });
  if ((await more.count()) > 0) await more.click();
  assert.ok((await list.innerText()).includes(results[0].phone));
  assert.deepEqual(trouble, []);
  await close();
});

test("every fact of the device's own view says its source, its age and whether that is late", options, async () => {
  const { page, trouble, close } = await open(TABLET);
  await openPlace(page);
  const { quick_sheet, case_file, responsible } = place.view;
  const origins = originsOf({ quick_sheet, case_file, responsible });
  const facts = ["hazards", "needs", "warnings", "access", "shutoffs", "protection", "building", "hydrants", "contacts"];
  for (const part of facts) {
    for (const fact of quick_sheet[part]) assert.ok(fact.origin.source.id, `${part}: ${JSON.stringify(fact)}`);
  }
  assert.ok(origins.length > 5, "the place has facts");
  for (const { path, origin } of origins) {
    assert.match(origin.staleness, /^(current|late|stale|unknown)$/, path);
    assert.ok(origin.as_of === null || /^\d{4}-\d\d-\d\d$/.test(origin.as_of), path);
  }
  // Its hub read every source a moment ago.
  assert.deepEqual(
    origins.filter(({ origin }) => ["late", "stale"].includes(origin.staleness)),
    [],
  );
  const lines = await page.locator("#section-quick .origin").allInnerTexts();
  assert.ok(lines.length >= 4);
  for (const line of lines) assert.match(line, /, .+, (today|yesterday|.*ago|age unknown)/);
  assert.equal(await page.locator('#section-quick [data-staleness="late"], #section-quick [data-staleness="stale"]').count(), 0);
  assert.deepEqual(trouble, []);
  await close();
});

test("what a source promised and did not keep is marked on each fact, and so is what nobody promised", options, async () => {
  const clock = (quality) => (page) =>
    changeStatus(page, (status) => ({ ...status, time: { ...status.time, quality } }));
  const { page, trouble, close } = await open(TABLET, async (page) => {
    await clock("ntp")(page);
    await changeView(page, (view) => {
      const [first, second, third] = view.quick_sheet.hydrants;
      first.origin.staleness = "late";
      second.origin.staleness = "stale";
      third.origin.staleness = "unknown";
      return view;
    });
  });
  await openPlace(page);
  const row = (i) => page.locator("#section-hydrants .near").nth(i);
  await row(0).getByText("Its source is late").waitFor();
  await row(1).getByText("Its source has not delivered for long").waitFor();
  await row(2).getByText("nobody says how current").waitFor();
  await shoot(page, "tablet-light-staleness");
  assert.equal(await page.locator('[data-clock="unknown"]').count(), 0);
  assert.deepEqual(trouble, []);
  await close();

  // Without a clock nobody can tell of any: that is said once.
  const lost = await open(TABLET, clock("build_floor"));
  await openPlace(lost.page);
  await lost.page.locator('#section-quick [data-clock="unknown"]').waitFor();
  assert.equal(await lost.page.locator('[data-staleness="unknown"]').count(), 0);
  await lost.close();
});

test("a vehicle's clock is not called unset before it is heard of, and when it comes right the place is read again", options, async () => {
  let quality = "build_floor";
  let heard = false;
  const { page, trouble } = await newTablet();
  await changeStatus(page, (status) => ({ ...status, time: { ...status.time, quality } }));
  await page.route(/\/api\/v1\/(status|events)$/, (route) => (heard ? route.fallback() : undefined));
  await openView(page, place.view.id);
  assert.equal(await page.locator('[data-clock="unknown"]').count(), 0);
  heard = true;
  await page.reload();
  await page.locator('#section-quick [data-clock="unknown"]').waitFor();
  quality = "ntp";
  const again = page.waitForRequest(`**/api/v1/properties/${place.view.id}?again=true`);
  await hearAnew(page);
  await again;
  await page.locator('[data-clock="unknown"]').waitFor({ state: "detached" });
  assert.deepEqual(trouble, []);
  await page.context().close();
});

test("a record that may be of another address says so, with how sure the city is", options, async () => {
  let found = null;
  for (const id of (await propertiesAround(0.004)).slice(0, 150)) {
    const view = await getJson(`/properties/${id}`);
    const { quick_sheet, case_file } = view;
    const doubtful = originsOf({ quick_sheet, case_file }).find(({ origin }) => origin.link.doubtful);
    if (doubtful) found = { id, ...doubtful };
    if (found) break;
  }
  assert.ok(found, "the sample city links some records by their position alone");
  assert.ok(found.origin.link.confidence < 0.7, JSON.stringify(found));
  const { page, trouble, close } = await open(TABLET);
  await openView(page, found.id);
  for (const more of await page.getByRole("button", { name: /^Show all/ }).all()) await more.click();
  const words = `May belong to another address, ${Math.round(found.origin.link.confidence * 100)} % sure`;
  await page.getByText(words).first().waitFor();
  await shoot(page, "tablet-light-doubtful");
  assert.deepEqual(trouble, []);
  await close();
});

test("a sheet without a plan says of what it is composed, one with a plan from where that is", options, async () => {
  const { page, trouble, close } = await open(TABLET);
  let composed, planned;
  for (const id of (await propertiesAround(0.01)).slice(0, 300)) {
    const view = await getJson(`/properties/${id}`);
    if (view.quick_sheet.basis === "composed") composed ??= view;
    else planned ??= view;
    if (composed && planned) break;
  }
  assert.ok(composed && planned, "the sample city has pre-plans, though not of every place");
  assert.match(composed.quick_sheet.basis_text, /^No pre-plan\. Composed from .+\.$/);
  assert.equal(composed.quick_sheet.plan, null);
  await openView(page, composed.id);
  await page.getByText(composed.quick_sheet.basis_text).waitFor();
  assert.match(planned.quick_sheet.basis_text, /^From the (DRAFT )?pre-plan/);
  assert.ok(planned.quick_sheet.plan.source.title);
  await openView(page, planned.id);
  await page.getByText(planned.quick_sheet.basis_text).waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

test("only hydrants that work are listed, however near one is that does not", options, async () => {
  const { lat, lon } = place.view.position;
  const [west, south, east, north] = [lon - 0.02, lat - 0.02, lon + 0.02, lat + 0.02];
  const { features } = await getJson(`/map?bbox=${west},${south},${east},${north}`);
  const broken = features.find(
    ({ properties }) => properties.class === "hydrant" && properties.status === "out_of_service",
  );
  assert.ok(broken, "some hydrant of the sample city does not work");
  const [atLon, atLat] = broken.geometry.coordinates;
  const { results: homes } = await getJson(`/near?kind=property&limit=1&lat=${atLat}&lon=${atLon}`);
  const { results } = await getJson(`/near?kind=hydrant&limit=10&property=${homes[0].id}`);
  assert.ok(results.some(({ status }) => status === "out_of_service"));
  const near = { id: homes[0].id, results };
  const { page, trouble, close } = await open(TABLET);
  await openView(page, near.id);
  const list = page.locator("#section-hydrants");
  await list.getByRole("button", { name: /^Show \d+ hydrants/ }).click();
  const titles = await list.locator(".near-title").allInnerTexts();
  const dead = near.results.filter(({ status }) => status === "out_of_service").map(({ title }) => title);
  assert.deepEqual(titles.filter((title) => dead.includes(title)), []);
  assert.equal(titles.length, 10, "those behind it take its place");
  const distances = near.results.filter(({ status }) => status !== "out_of_service");
  assert.deepEqual(titles.slice(0, distances.length), distances.map(({ title }) => title));
  for (const row of await list.locator(".near").allInnerTexts()) assert.match(row, /Flow (tested \w+ \d{4}|never tested)/);
  await list.getByText("Straight-line distance from the property").waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

// The vehicle stands there, whatever the device's receiver says. A vehicle without one, as the tests' may be, stands nowhere.
function standAt(page, where) {
  return changeStatus(page, (status) => ({
    ...status,
    position: { fix: "3d", ...where(), age_s: 1, accuracy_m: 5, hdop: 0.8, satellites: 9 },
  }));
}

// The page hears of the device anew.
function hearAnew(page) {
  return page.evaluate(() => window.dispatchEvent(new Event("online")));
}

test("before a place is open the page says who answers for what around the vehicle, and nobody of where it was", options, async () => {
  let { lat, lon } = place.view.position;
  const { results } = await getJson(`/responsible?lat=${lat}&lon=${lon}`);
  assert.ok(results.length > 0, "somebody answers there");
  let answers = (route) => route.fulfill({ json: { topic: null, results } });
  const { page, trouble, close } = await open(TABLET, async (page) => {
    await standAt(page, () => ({ lat, lon }));
    await page.route("**/api/v1/responsible", (route) => answers(route));
  });
  const list = page.locator("#section-responsible");
  await list.getByText(results[0].agency).first().waitFor();
  assert.equal(await list.getByRole("link").first().getAttribute("href"), `tel:${results[0].phone}`);
  await shoot(page, "tablet-light-who-to-call");
  answers = (route) => route.fulfill({ status: 503, json: { title: "Busy", status: 503, detail: "The city is being mended." } });
  lat += 0.01;
  await hearAnew(page);
  await list.getByText("The city is being mended.").waitFor();
  assert.equal(await list.getByText(results[0].agency).count(), 0);
  await shoot(page, "tablet-light-who-to-call-unknown");
  assert.deepEqual(await violationsOn(page), []);
  assert.deepEqual(trouble, []);
  await close();
});

// "123 Main St" of the place with a number that is not there: {typed, results}.
async function substituted() {
  const [number, ...street] = place.query.split(" ");
  for (const other of [1, 3, 7, 11, 51, 101, 501, 2001].map((step) => parseInt(number, 10) + step)) {
    const typed = [other, ...street].join(" ");
    const { results } = await getJson(`/search?limit=10&q=${encodeURIComponent(typed)}`);
    if (results[0]?.kind !== "property" || results[0].property === place.view.id) continue;
    if (!results[0].title.startsWith(`${other} `)) return { typed, results };
  }
  throw new Error("every number of that street is taken");
}

test("Enter opens what is surely meant, also when it comes before the answer", options, async () => {
  const { results } = await getJson(`/search?limit=10&q=${encodeURIComponent(place.query)}`);
  assert.equal(results[0].sure, true, place.query);
  const { page, trouble, close } = await open(TABLET, (page) =>
    page.route("**/api/v1/search?*", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      await route.continue();
    }),
  );
  await page.getByRole("combobox").fill(place.query);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: place.view.title }).waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

test("a house number that is not there never opens another by itself", options, async () => {
  const { typed, results } = await substituted();
  assert.equal(results[0].sure, false, typed);
  const { page, trouble, close } = await open(TABLET);
  const box = page.getByRole("combobox");
  // Every key of it, with Enter behind: what answers an earlier text does not count either.
  await box.pressSequentially(typed, { delay: 5 });
  await page.keyboard.press("Enter");
  await page.getByRole("option").filter({ hasText: results[0].title }).first().waitFor();
  await page.waitForResponse((response) => response.url().includes("/search?"), { timeout: 1000 }).catch(() => null);
  assert.doesNotMatch(page.url(), /#\/property\//);
  assert.match(await page.getByRole("option").first().innerText(), /there is no \d+ here/);
  assert.equal(await box.getAttribute("aria-activedescendant"), null, "nothing is chosen yet");
  await page.keyboard.press("Enter");
  await page.getByText("Is it this one? Enter again opens it.").waitFor();
  assert.doesNotMatch(page.url(), /#\/property\//);
  await shoot(page, "tablet-light-not-sure");
  assert.deepEqual(await violationsOn(page), []);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: results[0].title }).waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

test("a key that is held down is one Enter, and those of an input method are none", options, async () => {
  const { typed, results } = await substituted();
  const { page, trouble, close } = await open(TABLET);
  const box = page.getByRole("combobox");
  await box.fill(typed);
  await page.getByRole("option").filter({ hasText: results[0].title }).first().waitFor();
  await box.dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true });
  assert.equal(await page.locator(".ask").count(), 0);
  for (let i = 0; i < 5; ++i) await page.keyboard.down("Enter");
  await page.locator(".ask").waitFor();
  assert.doesNotMatch(page.url(), /#\/property\//);
  await page.keyboard.up("Enter");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: results[0].title }).waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

test("what Enter would open is asked of the row that is chosen, and of none once one goes on", options, async () => {
  const { typed, results } = await substituted();
  assert.ok(results.length > 1, typed);
  const { page, trouble, close } = await open(SCREENS[1]);
  const box = page.getByRole("combobox");
  const ask = page.locator(".ask");
  const asked = async () => {
    await box.fill("");
    await box.fill(typed);
    await page.getByRole("option").filter({ hasText: results[0].title }).first().waitFor();
    await page.keyboard.press("Enter");
    await ask.waitFor();
    assert.ok((await page.getByRole("status").allInnerTexts()).includes(`${results[0].title}? Enter again opens it.`));
  };
  for (const goOn of [
    () => page.keyboard.press("ArrowDown"),
    () => page.getByRole("option").nth(1).hover(),
    () => page.keyboard.press("Space"),
    () => page.keyboard.press("Escape"),
    () => page.getByRole("button", { name: "Clear the search" }).click(),
  ]) {
    await asked();
    await goOn();
    await ask.waitFor({ state: "detached" });
  }
  assert.doesNotMatch(page.url(), /#\/property\//);
  assert.deepEqual(trouble, []);
  await close();
});

// The answer to each search comes when `release` is called, unless the page does not want it any more; until then it
// has what it had. `asked` is when it has asked.
async function slowSearch(page) {
  let newest, come;
  const first = new Promise((resolve) => (come = resolve));
  await page.route("**/api/v1/search?*", (route) => {
    newest = route;
    come();
  });
  const asked = () => first;
  const release = async (answer = (route) => route.continue()) => {
    await asked();
    const route = newest;
    const ended = Promise.race(
      ["requestfinished", "requestfailed"].map(
        (event) => new Promise((end) => page.on(event, (request) => request === route.request() && end())),
      ),
    );
    if (route.request().failure() === null) {
      await answer(route);
      await ended;
    }
    await page.evaluate(() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen))));
  };
  return { asked, release };
}

test("an Enter that came before its answer opens nothing for one who went on", options, async () => {
  const { page, trouble, close } = await open(TABLET);
  const box = page.getByRole("combobox");
  for (const goOn of [
    () => page.keyboard.press("Escape"),
    () => box.evaluate((element) => element.blur()),
  ]) {
    await box.fill("");
    const { asked, release } = await slowSearch(page);
    await box.fill(place.query);
    await page.keyboard.press("Enter");
    await asked();
    await goOn();
    await release();
    await page.unroute("**/api/v1/search?*");
    assert.doesNotMatch(page.url(), /#\/property\//);
  }
  assert.deepEqual(trouble, []);
  await close();
});

test("a row that is touched stays open, whatever the search for its title answers", options, async () => {
  const { typed, results } = await substituted();
  const sure = await getJson(`/search?limit=10&q=${encodeURIComponent(place.query)}`);
  assert.ok(sure.results[0].sure && sure.results[0].id !== results[0].id);
  const { page, trouble, close } = await open(TABLET);
  const box = page.getByRole("combobox");
  await box.fill(typed);
  const row = page.getByRole("option").filter({ hasText: results[0].title }).first();
  await row.waitFor();
  const { release } = await slowSearch(page);
  await box.press("End");
  await box.pressSequentially(" 1");
  await page.keyboard.press("Enter");
  await row.tap();
  await page.getByRole("heading", { level: 1, name: results[0].title }).waitFor();
  const opened = page.url();
  await release((route) => {
    const asked = new URL(route.request().url()).searchParams.get("q");
    return route.fulfill({ json: { ...sure, query: asked } });
  });
  assert.equal(page.url(), opened);
  assert.deepEqual(trouble, []);
  await close();
});

test("Enter after a search that failed asks again", options, async () => {
  let fails = true;
  const { page, trouble, close } = await open(TABLET, (page) =>
    page.route("**/api/v1/search?*", (route) =>
      fails ? route.fulfill({ status: 503, json: { title: "Busy", status: 503, detail: "Not just now." } }) : route.continue(),
    ),
  );
  await page.getByRole("combobox").fill(place.query);
  await page.locator(".nothing").getByText("Not just now.").waitFor();
  fails = false;
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: place.view.title }).waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

for (const scheme of ["light", "dark"]) {
  test(`on a tablet in gloves everything that is touched is 60 pixels high, ${scheme}`, options, async () => {
    const { page, trouble, close } = await open({ ...TABLET, scheme });
    const found = [];
    const check = async (what) => {
      await shoot(page, `tablet-${scheme}-${what}`);
      found.push(...(await violationsOn(page)).map((violation) => `${what}: ${violation}`));
      found.push(...(await smallTargets(page, 60)).map((target) => `${what}, too low: ${target}`));
    };
    await check("home");
    await page.getByRole("combobox").fill(place.query.split(" ").slice(0, 2).join(" "));
    await page.getByRole("option").first().waitFor();
    await check("search");
    await openPlace(page);
    await page.locator(".map[data-idle]").waitFor({ timeout: 60_000 });
    await check("place");
    for (const part of ["hydrants", "open", "responsible", "conditions", "history"]) {
      const section = page.locator(`#section-${part}`);
      if ((await section.count()) === 0) continue;
      await section.scrollIntoViewIfNeeded();
      await shoot(page, `tablet-${scheme}-place-${part}`);
    }
    assert.deepEqual(found, []);
    assert.deepEqual(trouble, []);
    await close();
  });
}
