// The device's HTTP interface (/api/v1) as this page uses it. Every call ends in a value, an ApiProblem (the device
// answered and refused, with a sentence for a person) or an Unreachable (no answer: nothing is known about the effect).
import type { FeatureCollection } from "geojson";

export type Classification = "public" | "internal" | "confidential" | "restricted";
export type OwnState = "pending" | "accepted" | "conflict" | "quarantined";
export type RecordState = "current" | OwnState;

export interface LatLon {
  lat: number;
  lon: number;
}

export interface Position {
  fix: "none" | "2d" | "3d" | "dgnss" | "rtk" | "estimated";
  lat?: number;
  lon?: number;
  accuracy_m?: number;
  hdop?: number;
  satellites?: number;
  age_s?: number;
}

export interface Time {
  utc: string;
  quality: "none" | "build_floor" | "rtc" | "ntp" | "gnss";
}

export interface SearchResult {
  id: string;
  kind: string;
  title: string;
  subtitle: string;
  match: string;
  why: string;
  score: number;
  sure: boolean; // nothing else is as near, and it is what was typed
  property: string | null;
  position: LatLon | null;
}

export interface SearchReply {
  query: string;
  results: SearchResult[];
  suggestions: { text: string; why: string }[];
}

export type FieldValue = string | number | boolean | null | FieldValue[] | { [name: string]: FieldValue };

export interface Field {
  name: string;
  label: string;
  value: FieldValue;
  classification: Classification;
  compartment: string;
  state?: OwnState; // of this crew's own edit of the field; absent without one
  reason?: string;
  own_value?: FieldValue; // the crew's own, when another is shown
}

export interface CityRecord {
  id: string;
  kind: string;
  title: string;
  summary: string;
  source: { id: string; title: string };
  as_of: string | null;
  staleness: Staleness;
  version: number;
  link: { method: string; confidence: number; doubtful: boolean };
  state: RecordState;
  reason?: string;
  fields: Field[];
}

export interface Section {
  kind: string;
  title: string;
  records: CityRecord[];
}

// How long ago the city last vouched for it, by its own source's refresh rate.
export type Staleness = "current" | "late" | "stale" | "unknown";

// Where a fact is from.
export interface Origin {
  record: string;
  kind: string;
  source: { id: string; title: string };
  as_of: string | null;
  staleness: Staleness;
  link: { method: string; confidence: number; doubtful: boolean };
  state: RecordState;
}

export interface Fact {
  name: string;
  label: string;
  text: string;
  origin: Origin;
}

export interface Nfpa704Rating {
  health: number;
  flammability: number;
  instability: number;
  special: string;
}

export type FlowClass = "unknown" | "red" | "orange" | "green" | "blue";

export interface Hydrant {
  id: string;
  title: string;
  status: string;
  flow_class: FlowClass | null;
  flow_gpm: number | null;
  tested_on: string | null;
  last_inspected: string | null;
  distance_m: number; // straight line
  bearing_deg: number;
  position: LatLon;
  origin: Origin;
}

export interface Warning {
  severity: "info" | "major" | "critical";
  title: string;
  detail: string;
  since: string | null;
  origin: Origin;
}

export interface QuickSheet {
  basis: "preplan" | "draft" | "composed";
  basis_text: string;
  summary: string;
  plan: Origin | null;
  placard: Nfpa704Rating | null;
  hazards: {
    title: string;
    nfpa704: Nfpa704Rating | null;
    detail: string;
    concluded: boolean; // from a permit or a licence: nobody reported that it is there
    origin: Origin;
  }[];
  needs: { code: string; text: string; people: number | null; origin: Origin }[];
  warnings: Warning[];
  access: Fact[];
  shutoffs: Fact[];
  protection: Fact[];
  building: Fact[];
  hydrants: Hydrant[];
  contacts: { name: string; role: string; phones: string[]; origin: Origin }[];
  not_known: string[];
}

export interface CaseFile {
  open_items: {
    title: string;
    detail: string;
    status: string;
    due_on: string | null;
    overdue_days: number; // by the city's today
    responsible: string | null;
    origin: Origin;
  }[];
  conditions: { title: string; text: string; on: string | null; origin: Origin }[];
  involved: { name: string; role: string; origin: Origin }[];
  history: { on: string; what: string; detail: string; origin: Origin }[];
  history_cut: boolean;
}

export interface Responsible {
  topics: string[];
  agency: string;
  phone: string | null;
  after_hours_phone: string | null;
  district: string;
  layer: string;
  origin: Origin;
}

export interface PropertyView {
  id: string;
  title: string;
  address: string;
  position: LatLon | null;
  today: string | null; // the city's; null while the box has no clock
  quick_sheet: QuickSheet;
  case_file: CaseFile;
  responsible: Responsible[];
  truncated: boolean; // hazards, pre-plans and incidents are complete; of all else only the newest are here
  sections: Section[];
}

export interface NearResult extends Hydrant {
  kind: string;
  class: string;
  color: string | null;
}

export interface NearReply {
  kind: string;
  from: LatLon & { what: "position" | "property" };
  results: NearResult[];
}

export interface Saved {
  id: string;
  saved: boolean;
  state: RecordState;
  recorded_at: string;
  position: Position;
  time: Time;
}

// A visit's start and its end are two entries with one id.
export interface VisitEntry {
  id: string;
  event: "started" | "finished";
  property: string | null;
  purpose?: string;
  result?: string;
  note?: string;
  state: RecordState;
  recorded_at: string;
}

export interface NewAttachment {
  sha256: string;
  media_type: string;
  name: string;
  thumbnail?: string;
}

export interface Attachment {
  sha256: string;
  bytes: number;
  media_type: string;
  name: string;
  thumbnail: string | null;
  state: "waiting" | "sent" | "not_here";
}

// What a crew says it saw; a correction says it anew, whole.
export interface Said {
  kind: string;
  note: string;
  values: Record<string, string | number | boolean>;
  severity: string | null;
  attachments: Attachment[];
}

// `reason` is why the hub lets it wait or set it aside; `why` is what the crew said.
export interface Correction extends Said {
  id: string;
  why: string;
  recorded_at: string;
  state: RecordState;
  reason?: string;
}

export interface Observation extends Said {
  id: string;
  visit: string | null;
  property: string | null;
  recorded_at: string;
  state: RecordState;
  reason?: string;
  position: Position;
  corrections: Correction[]; // the last one counts
}

export interface NewObservation {
  id: string;
  property?: string;
  kind: string;
  note: string;
  values: Record<string, string | number | boolean>;
  severity: string;
  attachments: NewAttachment[];
}

export interface NewEdit {
  id: string;
  version: number; // of the record, as the editor saw it
  fields: Record<string, FieldValue>;
  note: string;
}

export type CrewState = "sos" | "responding" | "on_scene" | "available" | "out_of_service";

export interface CrewStatus {
  id: string;
  status: CrewState;
  note: string;
  recorded_at: string;
  state: RecordState;
  reason?: string;
}

export type LinkKind = "unknown" | "wifi_depot" | "wifi" | "ethernet" | "lte" | "satellite";
export type SendClass = "work" | "feed" | "thumbnails" | "attachments" | "telemetry" | "bulk";

export interface Uplink {
  name: string;
  kind: LinkKind;
  up: boolean;
  metered: boolean;
  since: string;
  in_use: boolean;
}

export interface LinkMonth {
  kind: LinkKind;
  month: string | null;
  used_bytes: number;
  left_bytes: number | null; // null: no limit
  attachments_used_bytes: number;
  attachments_left_bytes: number | null;
}

export interface Lane {
  lane: "urgent" | "work" | "telemetry";
  waiting: number;
  positions: number; // of these, that the box reports by itself: all of the telemetry lane
  oldest_unsent_s: number | null;
}

export interface Status {
  device: string;
  city: string;
  version: string;
  started_at: string | number;
  ready: boolean;
  data: {
    generation: string | number;
    as_of: string | number | null;
    properties: number;
    records: number;
    feeds: { id: string; cursor: number; head: number }[];
    state: "none" | "fetching" | "ready" | "catching_up";
    fetch: { chunks_done: number; chunks_total: number } | null;
  };
  journal: {
    lanes: Lane[];
    epoch: string;
    bytes: number;
    used_bytes: number;
    budget_bytes: number;
    telemetry: boolean; // false: not recorded, so that there is room for records
    saved: boolean;
  };
  attachments: { waiting: number; waiting_bytes: number; bytes: number; budget_bytes: number };
  link: {
    state: "offline" | "connecting" | "connected";
    since: string | number | null;
    broker: string;
    hub: "unknown" | "present" | "absent";
    uplinks: Uplink[];
    month: LinkMonth | null;
    held: { what: SendClass; reason: string; why: string }[];
  };
  position: Position;
  time: Time;
  parts: { name: string; state: "ok" | "not_fitted" | "broken"; detail: string }[];
  power: Power | null;
  disk: Disk | null;
  storage: { free_bytes: number; reserve_held: boolean; attachment_room_bytes: number };
  crew: CrewStatus | null;
  safe_to_switch_off: boolean;
  messages: string[];
}

export interface Power {
  state: "off" | "starting" | "on" | "hold_up";
  ignition: boolean;
  supply: "good" | "cranking" | "low" | "high";
  supply_mv: number;
  off_in_s: number | null;
}

export interface Disk {
  read_only: boolean;
  wear_percent: number | null;
}

export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail || title);
  }
}

export class Unreachable extends Error {
  constructor() {
    super("The device does not answer.");
  }
}

export const EVENTS_URL = "/api/v1/events";
const TIMEOUT_MS = 10_000;

type Query = { [name: string]: string | number | undefined };

function address(path: string, query: Query): string {
  const parts = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return `/api/v1${path}${parts.length > 0 ? `?${parts.join("&")}` : ""}`;
}

async function problem(response: Response): Promise<ApiProblem> {
  try {
    const body = (await response.json()) as { title?: string; detail?: string };
    return new ApiProblem(response.status, body.title ?? response.statusText, body.detail ?? "");
  } catch {
    return new ApiProblem(response.status, response.statusText, `The device answered with error ${response.status}.`);
  }
}

async function call<T>(path: string, query: Query, init: RequestInit, signal?: AbortSignal): Promise<T> {
  const abort = new AbortController();
  const onAbort = () => abort.abort();
  signal?.addEventListener("abort", onAbort);
  const timer = setTimeout(onAbort, TIMEOUT_MS);
  try {
    const response = await fetch(address(path, query), { ...init, signal: abort.signal });
    if (!response.ok) throw await problem(response);
    return (await response.json()) as T;
  } catch (error) {
    if (error instanceof ApiProblem) throw error;
    if (signal?.aborted) throw new DOMException("superseded", "AbortError");
    throw new Unreachable();
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return call<T>(path, query, {}, signal);
}

function post<T>(path: string, body: unknown): Promise<T> {
  return call<T>(
    path,
    {},
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    },
  );
}

// Sends a file as the browser reads it; `sent` hears how many bytes have gone. As long as it takes: only `signal` ends
// it early.
export function attach(
  file: Blob,
  thumbnail: boolean,
  sent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<{ sha256: string; bytes: number }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch tells nothing of what has gone
    const stop = () => request.abort();
    const failed = () => reject(signal.aborted ? new DOMException("cancelled", "AbortError") : new Unreachable());
    request.open("POST", address("/attachments", thumbnail ? { thumbnail: "true" } : {}));
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => sent(event.loaded));
    request.addEventListener("load", () => {
      const response = new Response(request.responseText, { status: request.status, statusText: request.statusText });
      (response.ok ? response.json() : problem(response).then((refused) => Promise.reject(refused))).then(
        resolve,
        reject,
      );
    });
    request.addEventListener("error", failed);
    request.addEventListener("abort", failed);
    request.addEventListener("loadend", () => signal.removeEventListener("abort", stop));
    signal.addEventListener("abort", stop);
    if (signal.aborted) failed();
    else request.send(file);
  });
}

export function attachmentUrl(sha256: string): string {
  return `/api/v1/attachments/${sha256}`;
}

export const api = {
  status: () => get<Status>("/status"),
  search: (q: string, near: LatLon | null, signal: AbortSignal) =>
    get<SearchReply>("/search", { q, limit: 12, lat: near?.lat, lon: near?.lon }, signal),
  // `again`: it is shown already, and nobody opens it.
  property: (id: string, again: boolean, signal?: AbortSignal) =>
    get<PropertyView>(`/properties/${encodeURIComponent(id)}`, again ? { again: "true" } : {}, signal),
  // Who answers for what, around the vehicle.
  responsible: (signal: AbortSignal) => get<{ results: Responsible[] }>("/responsible", {}, signal),
  // Around the vehicle.
  hydrants: (signal: AbortSignal) => get<NearReply>("/near", { kind: "hydrant", limit: 10, working: "true" }, signal),
  map: (bbox: readonly [number, number, number, number], signal: AbortSignal) =>
    get<FeatureCollection>("/map", { bbox: bbox.map((v) => v.toFixed(6)).join(",") }, signal),
  visits: (property: string | null) =>
    get<{ visits: VisitEntry[] }>("/visits", { property: property ?? undefined, limit: 50 }),
  observations: (property: string | null) =>
    get<{ observations: Observation[] }>("/observations", { property: property ?? undefined, limit: 50 }),
  // A retry carries the same id: the device answers it with the first reply, or 409 when the content is another one.
  startVisit: (visit: { id: string; property: string; purpose: string }) => post<Saved>("/visits", visit),
  finishVisit: (id: string, end: { result: string; note: string }) => post<Saved>(`/visits/${id}/finish`, end),
  observe: (visit: string | null, observation: NewObservation) =>
    post<Saved>(visit ? `/visits/${visit}/observations` : "/observations", observation),
  correct: (id: string, correction: NewObservation & { reason: string }) =>
    post<Saved>(`/observations/${id}/corrections`, correction),
  edit: (record: string, edit: NewEdit) => post<Saved>(`/records/${record}/edits`, edit),
  reportStatus: (status: { id: string; status: CrewState; note: string }) => post<Saved>("/statuses", status),
  sync: () => post<{ message: string }>("/sync", {}),
  pause: (kind: LinkMonth["kind"], paused: boolean) => post<{ message: string }>("/link/pause", { kind, paused }),
};

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

// The sentence to show for an error of any call above.
export function sentence(error: unknown): string {
  const text = error instanceof Error && error.message !== "" ? error.message : "something went wrong";
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
