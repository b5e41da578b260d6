// How values are said to a person: ages, distances, directions, field names and values. US customary units, as the
// crews' radios and plans use them; the interface itself is metric.
import type { Classification, FieldValue, Lane, LinkKind, Position, SendClass, Status } from "./api";

const COMPASS = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"] as const;
const FEET_PER_METRE = 3.28084;
const METRES_PER_MILE = 1609.344;

// Milliseconds of an RFC 3339 text or of unix seconds; null if it is neither.
export function millis(when: string | number | null | undefined): number | null {
  if (typeof when === "number") return when > 0 ? when * 1000 : null;
  if (!when) return null;
  const parsed = Date.parse(when);
  return Number.isNaN(parsed) ? null : parsed;
}

function many(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

// A short length of time: "40 s", "12 min", "3 h", "2 days".
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return many(Math.floor(seconds / 86400), "day");
}

// The age of a date in words: "today", "3 days ago", "7 months ago".
export function age(when: string | number | null, now: number): string {
  const at = millis(when);
  if (at === null) return "age unknown";
  const days = Math.floor((now - at) / 86_400_000);
  if (days < 1) return "today";
  if (days < 2) return "yesterday";
  if (days < 14) return `${days} days ago`;
  if (days < 60) return `${many(Math.floor(days / 7), "week")} ago`;
  if (days < 730) return `${many(Math.floor(days / 30.4), "month")} ago`;
  return `${many(Math.floor(days / 365.25), "year")} ago`;
}

export function clock(when: string | number | null): string {
  const at = millis(when);
  return at === null
    ? "time unknown"
    : new Date(at).toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit" });
}

export function moment(when: string | number | null, now: number): string {
  const at = millis(when);
  if (at === null) return "time unknown";
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return sameDay ? clock(when) : `${date(new Date(at))}, ${clock(when)}`;
}

// "Apr 2026"
export function month(when: string): string {
  const at = millis(when);
  return at === null
    ? when
    : new Date(at).toLocaleDateString("en-US", { year: "numeric", month: "short", timeZone: "UTC" });
}

function date(day: Date, timeZone?: string): string {
  return day.toLocaleDateString("en-US", {
    year: "numeric",
    month: "short",
    day: "numeric",
    ...(timeZone ? { timeZone } : {}),
  });
}

export function distance(metres: number): string {
  if (metres < METRES_PER_MILE / 5) {
    const feet = metres * FEET_PER_METRE;
    return `${feet < 50 ? Math.round(feet) : Math.round(feet / 10) * 10} ft`;
  }
  return `${(metres / METRES_PER_MILE).toFixed(metres < 10 * METRES_PER_MILE ? 1 : 0)} mi`;
}

export function compass(degrees: number): string {
  return COMPASS[Math.round((((degrees % 360) + 360) % 360) / 45) % 8] ?? "N";
}

export function count(n: number): string {
  return n.toLocaleString("en-US");
}

export function bytes(n: number): string {
  return n >= 1e9 ? `${(n / 1e9).toFixed(1)} GB` : n >= 1e6 ? `${Math.round(n / 1e6)} MB` : `${Math.round(n / 1e3)} kB`;
}

export function sentenceCase(text: string): string {
  const spaced = text.replace(/_/g, " ").trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

export const CLASSIFICATION_RANK: { [name in Classification]: number } = {
  public: 0,
  internal: 1,
  confidential: 2,
  restricted: 3,
};

export function classificationText(classification: Classification, compartment: string): string {
  return sentenceCase(classification) + (compartment && compartment !== "general" ? `, ${compartment}` : "");
}

// "GPS ±10 ft", and whether it is good enough to find a door with.
export function positionQuality(position: Position): { text: string; good: boolean } {
  if (position.fix === "none") return { text: "No GPS fix", good: false };
  const accuracy = position.accuracy_m;
  const stale = (position.age_s ?? 0) > 10;
  const size = accuracy === undefined ? "" : ` ±${distance(accuracy)}`;
  if (stale) return { text: `GPS ${span(position.age_s ?? 0)} old`, good: false };
  if (position.fix === "estimated") return { text: `Position estimated${size}`, good: false };
  if ((accuracy ?? 0) > 30 || (position.hdop ?? 0) > 6) return { text: `GPS weak${size}`, good: false };
  return { text: `GPS${size || ` ${position.fix.toUpperCase()}`}`, good: true };
}

const ABBREVIATIONS: { [word: string]: string } = {
  id: "ID",
  fdc: "FDC",
  un: "UN",
  dot: "DOT",
  usd: "",
  cents: "",
  sqft: "",
  gpm: "",
  psi: "",
  on: "",
};

// A field's name in words, without the unit that its value shows.
export function fieldLabel(name: string): string {
  const words = name.split("_").map((word) => ABBREVIATIONS[word] ?? word);
  const text = words.filter(Boolean).join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const dollars = (amount: number, digits: number) =>
  amount.toLocaleString("en-US", {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });

// The unit is the end of the name.
function numberText(name: string, value: number): string {
  if (name.endsWith("_cents")) return dollars(value / 100, 2);
  if (name.endsWith("_usd")) return dollars(value, 0);
  if (name.endsWith("_sqft")) return `${count(Math.round(value))} sq ft`;
  if (name.endsWith("_gpm")) return `${count(value)} gpm`;
  if (name.endsWith("_psi")) return `${count(value)} psi`;
  if (name.endsWith("_in")) return `${value} in`;
  if (name.endsWith("_at")) return value > 0 ? `${date(new Date(value * 1000))}, ${clock(value)}` : "not yet";
  if (/year/.test(name)) return String(value);
  return count(value);
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text);
}

// One line for a simple value; null for lists and nested messages, which the caller lays out.
export function simpleValue(name: string, value: FieldValue): string | null {
  if (value === null || value === "") return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return numberText(name, value);
  if (typeof value === "string") {
    if (isDay(value)) return date(new Date(value), "UTC");
    if (name.endsWith("_at") && /T\d/.test(value)) return `${date(new Date(value))}, ${clock(value)}`;
    return /^[A-Z_]+$/.test(value) && value.includes("_") ? sentenceCase(value.toLowerCase()) : value;
  }
  if (Array.isArray(value)) {
    const lines = value.map((item) => simpleValue(name, item));
    return lines.every((line) => line !== null) ? lines.join(", ") : null;
  }
  return placeValue(value);
}

// Addresses and positions read better as one line than as their parts.
function placeValue(value: { [name: string]: FieldValue }): string | null {
  const text = value["display"] ?? value["text"];
  if (typeof text === "string" && text !== "") {
    const place = value["place"];
    return typeof place === "string" && place && !text.includes(place) ? `${text}, ${place}` : text;
  }
  const { lat, lon, lat_e7, lon_e7 } = value as { [name: string]: FieldValue };
  if (typeof lat === "number" && typeof lon === "number") return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
  if (typeof lat_e7 === "number" && typeof lon_e7 === "number")
    return `${(lat_e7 / 1e7).toFixed(5)}, ${(lon_e7 / 1e7).toFixed(5)}`;
  return null;
}

// The values of an observation under which the device and the hub write what became of it.
const HISTORY = /^(before )?correction \d+ |^attachment \d+$|^clock showed$/;

export function isHistory(name: string): boolean {
  return HISTORY.test(name);
}

export interface History {
  attachments: string[]; // names
  corrections: { at: string; by: string; reason: string; before: string }[];
}

export function readHistory(values: { [name: string]: FieldValue }): History {
  const text = (name: string) => String(values[name] ?? "");
  const out: History = { attachments: [], corrections: [] };
  for (let n = 1; `attachment ${n}` in values; ++n) out.attachments.push(attachmentName(text(`attachment ${n}`)));
  for (let n = 1; `correction ${n} id` in values; ++n) {
    const of = (what: string) => text(`correction ${n} ${what}`);
    const before = [text(`before correction ${n} kind`), text(`before correction ${n} note`)];
    out.corrections.push({
      at: of("at"),
      by: of("by"),
      reason: of("reason"),
      before: before.filter(Boolean).map(sentenceCase).join(". "),
    });
  }
  return out;
}

// "<sha256> <bytes> <media type> <name>[ thumbnail <sha256>]"
function attachmentName(text: string): string {
  const found = /^[0-9a-f]{64} (\d+) (\S*) (.*?)(?: thumbnail [0-9a-f]{64})?$/.exec(text);
  if (!found) return text;
  const [, size, type, name] = found;
  return `${name || type || "a file"} (${bytes(Number(size))})`;
}

const UNITS: { [end: string]: string } = {
  cents: "US dollars",
  usd: "US dollars",
  sqft: "square feet",
  gpm: "gallons a minute",
  psi: "psi",
  in: "inches",
};

// In which unit the field is typed; empty for none.
export function fieldUnit(name: string): string {
  return UNITS[name.split("_").at(-1) ?? ""] ?? "";
}

export const LINK_NAMES: { [kind in LinkKind]: string } = {
  unknown: "Unknown link",
  wifi_depot: "Depot Wi-Fi",
  wifi: "Wi-Fi",
  ethernet: "Cable",
  lte: "Mobile data",
  satellite: "Satellite",
};

// In the order in which they go.
export const SEND_NAMES: { [what in SendClass]: string } = {
  work: "records",
  feed: "changes of city data",
  thumbnails: "small pictures",
  attachments: "photos and files",
  telemetry: "positions",
  bulk: "new city data",
};

export function isInContact({ link }: Status): boolean {
  return link.state === "connected" && link.hub !== "absent";
}

// Why what waits for `what` is not gone yet.
export function whyWaiting(status: Status, what: SendClass | "urgent"): string {
  const held = status.link.held.find((item) => item.what === what);
  if (held) return held.why;
  if (status.link.state !== "connected") return "Goes as soon as a link to the hub is up.";
  return isInContact(status) ? "On its way." : "The link is up, but the hub does not answer.";
}

// "3 waiting, the oldest for 12 min. Goes as soon as a link to the hub is up."
export function laneText(status: Status, { lane, waiting, oldest_unsent_s }: Lane): string {
  if (waiting === 0) return "Nothing waits";
  const oldest = oldest_unsent_s === null ? "" : `, the oldest for ${span(oldest_unsent_s)}`;
  return `${count(waiting)} waiting${oldest}. ${whyWaiting(status, lane)}`;
}

// The device's sentence about a disk or journal that fills up.
export function storageMessage(status: Status): string | undefined {
  return status.messages.find((message) => /^The (disk|journal) /.test(message));
}

// "1.2 GB of 2 GB" of the month's data, and whether there is any left.
export function budgetText(used: number, left: number | null): string {
  if (left === null) return `${bytes(used)} used, no limit`;
  return left === 0 ? `${bytes(used)} used: all of it` : `${bytes(used)} of ${bytes(used + left)} used`;
}
