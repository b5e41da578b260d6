#!/usr/bin/env node
// Typical observations of one vehicle, invented from a seed: a checklist with 20 answers, its property, visit, position
// and times. The same seed and count give the same lines on every machine.
//
//     node observations.mjs --seed 7 --count 10000 > observations.jsonl
//
// README.md says what each field is in protocol::Operation.

import { realpathSync } from "node:fs";
import { argv, stdout } from "node:process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

// xoshiro128** 1.1 (Blackman and Vigna, 2018), its state filled by the finaliser of MurmurHash3.
class Random {
  constructor(seed) {
    this.state = Uint32Array.from({ length: 4 }, (_, word) => {
      let value = (seed + Math.imul(word + 1, 0x9e3779b9)) >>> 0;
      value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
      value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
      return value ^ (value >>> 16);
    });
  }

  next() {
    const s = this.state;
    const scrambled = Math.imul(s[1], 5);
    const drawn = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return drawn;
  }

  below(bound) {
    return Math.floor((this.next() / 0x100000000) * bound);
  }

  // low <= result <= high, both whole
  between(low, high) {
    return low + this.below(high - low + 1);
  }

  percent(share) {
    return this.below(100) < share;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  hex(digits) {
    let text = "";
    while (text.length < digits) text += this.next().toString(16).padStart(8, "0");
    return text.slice(0, digits);
  }

  uuid() {
    const hex = this.hex(32);
    const variant = "89ab"[parseInt(hex[16], 16) & 3];
    const third = `4${hex.slice(13, 16)}`;
    const fourth = variant + hex.slice(17, 20);
    return [hex.slice(0, 8), hex.slice(8, 12), third, fourth, hex.slice(20)].join("-");
  }
}

// A record id as Fieldpost writes it: 63 bits in 13 digits of Crockford's base 32, so the first is below 8.
function recordId(random) {
  const digits = "0123456789abcdefghjkmnpqrstvwxyz";
  let text = digits[random.below(8)];
  while (text.length < 13) text += digits[random.below(32)];
  return text;
}

// Kinds of answers: each draws the text that stands in Attribute.value.
const judged = (failed) => (random) => {
  const drawn = random.below(100);
  return drawn < failed ? "fail" : drawn < failed + 8 ? "na" : "pass";
};
const yes = (share) => (random) => (random.percent(share) ? "yes" : "no");
const oneOf = (...choices) => (random) => random.pick(choices);
const whole = (low, high) => (random) => String(random.between(low, high));
const tenths = (low, high) => (random) => (random.between(low * 10, high * 10) / 10).toFixed(1);
const tag = (prefix, digits) => (random) => prefix + String(random.below(10 ** digits)).padStart(digits, "0");
const day = (back) => (random, date) => new Date(date - random.below(back) * 86_400_000).toISOString().slice(0, 10);

// The checklists, each with 20 questions.
const forms = {
  fire_safety: {
    exit_signs_lit: judged(6),
    exits_unobstructed: judged(9),
    exit_doors_swing_out: judged(2),
    emergency_lighting: judged(8),
    extinguisher_charged: judged(7),
    extinguisher_tag: tag("FX-", 6),
    extinguisher_serviced: day(500),
    alarm_panel: oneOf("normal", "normal", "normal", "trouble", "supervisory"),
    alarm_last_test: day(420),
    sprinkler_gauge_psi: whole(38, 112),
    sprinkler_heads_clear: judged(11),
    sprinkler_valve: oneOf("open", "open", "open", "open", "closed"),
    standpipe_caps: judged(5),
    fdc_accessible: judged(4),
    storage_height: judged(12),
    extension_cords: judged(14),
    electrical_panel_clear: judged(10),
    knox_box_keys: yes(81),
    occupant_load_posted: yes(77),
    occupant_count: whole(1, 240),
  },
  housing: {
    smoke_alarms: judged(13),
    co_alarm: judged(9),
    heat_working: judged(6),
    heat_room_f: tenths(58, 76),
    hot_water_f: tenths(96, 134),
    water_pressure: oneOf("good", "good", "good", "low", "none"),
    kitchen_sink: judged(6),
    bathroom_ventilation: judged(12),
    windows_lock: judged(10),
    window_guards: judged(8),
    lead_paint: oneOf("none_seen", "none_seen", "suspected", "tested_negative", "tested_positive"),
    mold: oneOf("none", "none", "none", "under_10_sqft", "over_10_sqft"),
    pests: oneOf("none", "none", "mice", "roaches", "rats", "bedbugs"),
    stairs_handrails: judged(9),
    egress_second: yes(88),
    outlets_grounded: judged(8),
    unit: tag("", 3),
    occupants: whole(1, 9),
    bedrooms: whole(0, 5),
    rent_certificate: tag("RC", 7),
  },
  food: {
    permit_posted: yes(92),
    permit_number: tag("FE-", 5),
    manager_certified: yes(86),
    handwash_sink: judged(9),
    handwash_soap: judged(6),
    cold_holding_f: tenths(33, 48),
    freezer_f: tenths(-9, 14),
    hot_holding_f: tenths(124, 171),
    cooling_log: judged(15),
    date_marking: judged(17),
    raw_separated: judged(8),
    sanitizer_ppm: whole(0, 400),
    dish_final_rinse_f: tenths(148, 188),
    thermometer_present: yes(90),
    surfaces_clean: judged(14),
    floors_walls: judged(18),
    pest_evidence: oneOf("none", "none", "none", "none", "droppings", "flies"),
    grease_trap_serviced: day(200),
    waste_area: judged(10),
    seats: whole(0, 180),
  },
  building_site: {
    permit_on_site: yes(89),
    permit_number: tag("B", 8),
    stage: oneOf("foundation", "framing", "rough_electric", "rough_plumbing", "insulation", "final"),
    plans_match: judged(11),
    footing_depth_in: whole(30, 60),
    rebar_spacing_in: tenths(8, 18),
    anchor_bolts: judged(6),
    sheathing_nailing: judged(9),
    fire_blocking: judged(13),
    headers_sized: judged(5),
    stair_rise_in: tenths(6, 9),
    guard_height_in: tenths(34, 44),
    wiring_supported: judged(8),
    gfci_protection: judged(10),
    gas_test_psi: tenths(0, 20),
    drain_slope: judged(6),
    insulation_r: whole(11, 49),
    erosion_control: judged(16),
    fence_secured: judged(9),
    next_inspection: oneOf("framing", "rough_electric", "rough_plumbing", "insulation", "final", "none"),
  },
};

const places = [
  "Rear stairs", "Front entry", "Basement", "Boiler room", "Second floor hall", "Third floor landing", "Kitchen",
  "Walk-in cooler", "Loading dock", "East exit", "Roof hatch", "Electrical room", "Laundry", "Unit bath",
  "Storage room", "Parking level", "North elevation", "Dining room", "Attic", "Courtyard", "Trash enclosure",
  "Mezzanine", "Porch",
];
const findings = [
  "handrail loose", "door does not latch", "light out", "boxes stacked against the door", "water stain on ceiling",
  "tread worn", "exposed wiring at junction box", "cover plate missing", "gasket torn", "drain backing up",
  "self-closer disconnected", "paint peeling", "crack along the sill", "pipe sweating", "receptacle not protected",
  "detector chirping", "label illegible", "guard short of height", "fan not venting outside", "sprinkler head painted",
  "hinge pulled from frame", "no cover on trash", "joist notched", "vent blocked", "glass broken",
];
const actions = [
  "Owner told", "Photo taken", "Corrected on site", "Notice left with tenant", "Reinspect", "Referred to electrical",
  "Manager will call a contractor", "Work order requested", "Measured twice", "Access refused to this room",
];
const names = [
  "Alvarez", "Brennan", "Chen", "Dacosta", "Eriksen", "Ferreira", "Gupta", "Haddad", "Ivanov", "Jean-Baptiste",
  "Kowalski", "Lopes", "Murphy", "Nguyen", "Okafor", "Pereira", "Quinn", "Rossi", "Sullivan",
  "Tran", "Ueda", "Vasquez", "Walsh", "Zhou",
];

function sentence(random) {
  const measure = random.percent(30) ? `, ${random.between(2, 96)} in` : "";
  return `${random.pick(places)}: ${random.pick(findings)}${measure}.`;
}

function note(random) {
  const parts = [sentence(random)];
  if (random.percent(45)) parts.push(sentence(random));
  parts.push(`${random.pick(actions)}.`);
  if (random.percent(25)) {
    parts.push(`Spoke to ${random.pick("ABCDEFGHJKLMNPRSTVW")}. ${random.pick(names)}, 555-01${tag("", 2)(random)}.`);
  }
  return parts.join(" ");
}

function severity(values) {
  const failed = Object.values(values).filter((answer) => answer === "fail").length;
  return failed === 0 ? "info" : failed < 3 ? "minor" : failed < 6 ? "major" : "critical";
}

// A working day of the vehicle: it boots at the depot and makes its visits one after the other. 100,000 observations
// are eight years of such days; they begin in 2017, so that none lies in the future.
function startShift(random, shift) {
  const utcUs = Date.UTC(2017, 0, 2 + shift, 12, random.between(20, 59)) * 1000 + random.below(60_000_000);
  return {
    utcUs,
    boottimeUs: random.between(40_000_000, 400_000_000),
    boot: random.hex(32),
    here: { lat: 421_500_000, lon: -712_300_000 },
    visitsLeft: random.between(9, 16),
  };
}

function startVisit(random, here) {
  here.lat += random.between(-90_000, 90_000);
  here.lon += random.between(-110_000, 110_000);
  return {
    id: random.uuid(),
    property: recordId(random),
    form: random.pick(Object.keys(forms)),
    quality: random.percent(94) ? "gnss" : random.pick(["ntp", "rtc"]),
    left: random.between(1, 4),
  };
}

function position(random, here) {
  if (random.percent(2)) return { fix: "none", satellites: random.between(0, 3) };
  return {
    fix: random.percent(88) ? "3d" : random.pick(["2d", "dgnss"]),
    lat_e7: here.lat + random.between(-400, 400),
    lon_e7: here.lon + random.between(-500, 500),
    hdop: random.between(55, 240) / 100,
    accuracy_m: random.between(8, 90) / 10,
    satellites: random.between(6, 24),
    age_ms: random.below(1000),
  };
}

export function* observations(seed, count) {
  const random = new Random(seed);
  let shift;
  let shifts = 0;
  let visit;
  for (let made = 0; made < count; ++made) {
    if (!visit || visit.left === 0) {
      if (!shift || shift.visitsLeft === 0) shift = startShift(random, shifts++);
      shift.visitsLeft--;
      visit = startVisit(random, shift.here);
    }
    visit.left--;
    const pause = random.between(90_000_000, 700_000_000);
    shift.utcUs += pause;
    shift.boottimeUs += pause;
    const values = {};
    for (const [name, answer] of Object.entries(forms[visit.form])) values[name] = answer(random, shift.utcUs / 1000);
    yield {
      id: random.uuid(),
      visit: visit.id,
      property: visit.property,
      time: { utc_us: shift.utcUs, quality: visit.quality, boot_id: shift.boot, boottime_us: shift.boottimeUs },
      position: position(random, shift.here),
      kind: visit.form,
      note: note(random),
      severity: severity(values),
      values,
    };
  }
}

async function main() {
  const { values: given } = parseArgs({
    options: { seed: { type: "string", default: "1" }, count: { type: "string", default: "1000" } },
  });
  let lines = "";
  for (const observation of observations(Number(given.seed), Number(given.count))) {
    lines += `${JSON.stringify(observation)}\n`;
    if (lines.length < 1 << 20) continue;
    if (!stdout.write(lines)) await once(stdout, "drain");
    lines = "";
  }
  stdout.write(lines);
}

if (argv[1] && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) await main();
