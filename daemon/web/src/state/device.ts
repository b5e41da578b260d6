// What the device says of itself, live, and whether it answers at all. The event stream is the source; a status call
// settles doubts. A silent stream is distrusted after QUIET_MS, since the device speaks at least every 15 s.
import { api, ApiProblem, EVENTS_URL, type RecordState, type Status } from "../api";
import { Store } from "./store";

export interface DeviceState {
  status: Status | null;
  receivedAt: number; // milliseconds; when `status` arrived
  reach: "opening" | "answering" | "silent";
  silentSince: number | null;
}

// The hub's word on many records at once comes without an id: whoever shows records reads them again.
export interface OperationEvent {
  id: string | null;
  kind: "visit" | "observation" | "correction" | "edit" | "status" | null;
  state: RecordState;
}

// Whether the box has a clock that ages and due dates can be told by.
export type Clock = "unheard" | "set" | "not set";

export function clockOf({ status }: DeviceState): Clock {
  if (status === null) return "unheard";
  return ["none", "build_floor"].includes(status.time.quality) ? "not set" : "set";
}

const QUIET_MS = 25_000;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 8_000;

export const device = new Store<DeviceState>({ status: null, receivedAt: 0, reach: "opening", silentSince: null });
export const lastOperation = new Store<OperationEvent | null>(null);
// Counts changes of the city's data; whoever shows records loads them again when it grows.
export const dataChanges = new Store<number>(0);

let source: EventSource | null = null;
let heardAt = 0;
let retryMs = RETRY_MIN_MS;
let retryTimer: ReturnType<typeof setTimeout> | undefined;

function heard(status?: Status): void {
  heardAt = Date.now();
  retryMs = RETRY_MIN_MS;
  const before = device.value;
  if (!status && before.reach === "answering") return;
  device.set({
    status: status ?? before.status,
    receivedAt: status ? heardAt : before.receivedAt,
    reach: "answering",
    silentSince: null,
  });
}

function silent(): void {
  const before = device.value;
  if (before.reach !== "silent") device.set({ ...before, reach: "silent", silentSince: Date.now() });
}

function parsed<T>(event: Event): T | null {
  try {
    return JSON.parse((event as MessageEvent<string>).data) as T;
  } catch {
    return null;
  }
}

function listen(): void {
  source?.close();
  const stream = new EventSource(EVENTS_URL);
  source = stream;
  stream.addEventListener("open", () => heard());
  stream.addEventListener("status", (event) => {
    const status = parsed<Status>(event);
    if (status) heard(status);
  });
  stream.addEventListener("operation", (event) => {
    heard();
    const operation = parsed<OperationEvent>(event);
    if (operation) lastOperation.set(operation);
  });
  stream.addEventListener("data", () => {
    heard();
    dataChanges.set(dataChanges.value + 1);
  });
  stream.addEventListener("error", () => {
    if (stream === source) void probe();
  });
}

// Asks once whether the device answers. If it does, the stream is opened anew where needed; if not, asks again later.
export async function probe(): Promise<void> {
  clearTimeout(retryTimer);
  try {
    heard(await api.status());
    if (!source || source.readyState === EventSource.CLOSED) listen();
  } catch (error) {
    if (error instanceof ApiProblem) heard();
    else silent();
    retryTimer = setTimeout(() => {
      if (source?.readyState !== EventSource.OPEN) source?.close();
      void probe();
    }, retryMs);
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  }
}

export function watchDevice(): void {
  listen();
  void probe();
  setInterval(() => {
    if (Date.now() - heardAt > QUIET_MS) void probe();
  }, 5_000);
  window.addEventListener("online", () => void probe());
  window.addEventListener("offline", () => void probe());
}

// How long the oldest record has waited, in seconds, counting on from when the device said so; null when none waits.
export function oldestUnsent(state: DeviceState, now: number): number | null {
  const ages = people(state).map((lane) => lane.oldest_unsent_s ?? 0);
  if (ages.length === 0) return null;
  return Math.max(...ages) + Math.max(0, (now - state.receivedAt) / 1000);
}

export function waitingCount(state: DeviceState): number {
  return people(state).reduce((sum, lane) => sum + lane.waiting - lane.positions, 0);
}

// Lanes with work of people that still waits: positions are the box's own.
function people(state: DeviceState) {
  return (state.status?.journal.lanes ?? []).filter((lane) => lane.waiting > lane.positions);
}
