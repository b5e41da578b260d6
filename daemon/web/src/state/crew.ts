// What this crew recorded: visits and observations of the open place (or the latest anywhere), each with its state as
// the device reports it, and the visit that goes on now.
import { api, type Observation, type RecordState, type VisitEntry } from "../api";
import { device, lastOperation } from "./device";
import { place } from "./place";
import { Store } from "./store";

export interface Visit {
  id: string;
  property: string | null;
  purpose: string;
  result: string;
  finished: boolean;
  state: RecordState; // of the entry that is furthest from accepted
  recorded_at: string;
}

export interface CrewRecords {
  property: string | null; // what the lists are about; null = anywhere
  visits: Visit[];
  observations: Observation[];
}

export interface OpenVisit {
  id: string;
  property: string;
  title: string;
  purpose: string;
  startedAt: string;
}

const VISIT_KEY = "fieldpost.visit";
const RELOAD_MS = 200;
const FAR_FROM_ACCEPTED: RecordState[] = ["conflict", "quarantined", "pending"];

export const crew = new Store<CrewRecords>({ property: null, visits: [], observations: [] });
export const openVisit = new Store<OpenVisit | null>(storedVisit());

function storedVisit(): OpenVisit | null {
  try {
    return JSON.parse(localStorage.getItem(VISIT_KEY) ?? "null") as OpenVisit | null;
  } catch {
    return null;
  }
}

export function setOpenVisit(visit: OpenVisit | null): void {
  openVisit.set(visit);
  try {
    if (visit) localStorage.setItem(VISIT_KEY, JSON.stringify(visit));
    else localStorage.removeItem(VISIT_KEY);
  } catch {
    // Private mode or a full store: the visit is on the device all the same, only a reload forgets that it is open.
  }
}

function visitsOf(entries: VisitEntry[]): Visit[] {
  const visits = new Map<string, Visit>();
  for (const entry of entries) {
    const known = visits.get(entry.id);
    visits.set(entry.id, {
      id: entry.id,
      property: entry.property,
      purpose: entry.purpose ?? known?.purpose ?? "",
      result: entry.result ?? known?.result ?? "",
      finished: entry.event === "finished" || (known?.finished ?? false),
      state: FAR_FROM_ACCEPTED.find((state) => state === entry.state || state === known?.state) ?? entry.state,
      recorded_at: known && known.recorded_at > entry.recorded_at ? known.recorded_at : entry.recorded_at,
    });
  }
  return [...visits.values()];
}

// Loads both lists for `property`. On failure the lists stay as they are: the alarm bar tells of the silence.
export async function loadCrew(property: string | null): Promise<void> {
  try {
    const [{ visits: entries }, { observations }] = await Promise.all([
      api.visits(property),
      api.observations(property),
    ]);
    if (place.value.id !== property) return;
    const visits = visitsOf(entries);
    crew.set({ property, visits, observations });
    if (visits.some((visit) => visit.id === openVisit.value?.id && visit.finished)) setOpenVisit(null);
  } catch {
    if (crew.value.property !== property) crew.set({ property, visits: [], observations: [] });
  }
}

// What is known of a record's way to the hub.
export function stateOf(id: string): RecordState | null {
  const { visits, observations } = crew.value;
  const corrections = observations.flatMap((item) => item.corrections);
  return [...visits, ...observations, ...corrections].find((item) => item.id === id)?.state ?? null;
}

// Shows a record the moment the device has it on disk, before the lists are read again.
export function showSaved(observation: Observation): void {
  const { property, visits, observations } = crew.value;
  if (property !== null && observation.property !== property) return; // the place was left while it was saved
  if (observations.some((known) => known.id === observation.id)) return;
  crew.set({ property, visits, observations: [observation, ...observations] });
}

function showsUnsent(): boolean {
  const observations = crew.value.observations.flatMap((item) => [item, ...item.corrections]);
  return observations.some(({ attachments }) => attachments.some(({ state }) => state === "waiting"));
}

export function watchCrew(): void {
  let shown: string | null | undefined;
  const follow = () => {
    if (place.value.id === shown) return;
    shown = place.value.id;
    crew.set({ property: shown, visits: [], observations: [] });
    void loadCrew(shown);
  };
  place.watch(follow);
  follow();
  let timer: ReturnType<typeof setTimeout> | undefined;
  lastOperation.watch(() => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void loadCrew(place.value.id);
    }, RELOAD_MS);
  });
  let answering = false;
  let unsent: number | undefined;
  device.watch((state) => {
    const nowAnswering = state.reach === "answering";
    const attachments = state.status?.attachments.waiting;
    // One that came and went between two words of the device changed nothing in the count.
    const behind = attachments === 0 && showsUnsent();
    if (nowAnswering && (!answering || attachments !== unsent || behind)) void loadCrew(place.value.id);
    answering = nowAnswering;
    unsent = attachments;
  });
}
