// Which property is open (the address bar's fragment says so, hence Back and reload work) and what the device knows of it.
import { api, isAbort, sentence, Unreachable, type PropertyView, type SearchResult } from "../api";
import { clockOf, dataChanges, device, lastOperation, type Clock } from "./device";
import { Store } from "./store";

export interface Place {
  id: string | null;
  view: PropertyView | null;
  error: string | null;
  retry: boolean; // the error was silence: load again as soon as the device answers
}

const nowhere: Place = { id: null, view: null, error: null, retry: false };
const REFRESH_MS = 800;

export const place = new Store<Place>(nowhere);
// A search result without a property (a hydrant, a street): shown on the map instead of a page of its own.
export const spot = new Store<SearchResult | null>(null);

let loading: AbortController | null = null;
let refreshTimer: ReturnType<typeof setTimeout> | undefined;

function idInAddress(): string | null {
  return /^#\/property\/([0-9a-z]+)$/.exec(location.hash)?.[1] ?? null;
}

export function openProperty(id: string): void {
  spot.set(null);
  if (idInAddress() === id) void load(id);
  else location.hash = `#/property/${id}`;
}

export function closeProperty(): void {
  spot.set(null);
  location.hash = "#/";
}

export function openResult(result: SearchResult): void {
  const property = result.property ?? (result.kind === "property" ? result.id : null);
  if (property) openProperty(property);
  else spot.set(result);
}

// `refresh`: nobody opens it, it is shown and read anew.
export async function load(id: string, refresh = false): Promise<void> {
  loading?.abort();
  const abort = new AbortController();
  loading = abort;
  const before = place.value;
  if (before.id !== id) place.set({ ...nowhere, id });
  try {
    const view = await api.property(id, refresh && before.view?.id === id, abort.signal);
    place.set({ id, view, error: null, retry: false });
  } catch (error) {
    if (isAbort(error)) return;
    const kept = place.value.id === id ? place.value.view : null;
    place.set({ id, view: kept, error: sentence(error), retry: error instanceof Unreachable });
  }
}

function refreshSoon(): void {
  refreshTimer ??= setTimeout(() => {
    refreshTimer = undefined;
    const { id } = place.value;
    if (id) void load(id, true);
  }, REFRESH_MS);
}

export function watchPlace(): void {
  const follow = () => {
    const id = idInAddress();
    if (id) void load(id);
    else place.set(nowhere);
  };
  window.addEventListener("hashchange", follow);
  dataChanges.watch(refreshSoon);
  lastOperation.watch(refreshSoon);
  let clock: Clock = clockOf(device.value);
  device.watch((state) => {
    if (state.reach === "answering" && place.value.retry) refreshSoon();
    // By another clock, or by none, other things are late and overdue.
    const now = clockOf(state);
    if (clock !== "unheard" && now !== clock) refreshSoon();
    clock = now;
  });
  follow();
}
