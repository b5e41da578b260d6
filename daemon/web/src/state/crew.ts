// What this crew recorded: visits and observations of the open place (or the latest anywhere), each with its state as
// the device reports it, and the visit that goes on now.
import { api, type Observation, type Visit } from "../api";
import { device, lastOperation } from "./device";
import { place } from "./place";
import { Store } from "./store";

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

// Loads both lists for `property`. On failure the lists stay as they are: the alarm bar tells of the silence.
export async function loadCrew(property: string | null): Promise<void> {
  try {
    const [{ visits }, { observations }] = await Promise.all([api.visits(property), api.observations(property)]);
    if (place.value.id !== property) return;
    crew.set({ property, visits, observations });
    const open = openVisit.value;
    const known = visits.find((visit) => visit.id === open?.id);
    if (known?.finished_at || known?.result) setOpenVisit(null);
  } catch {
    if (crew.value.property !== property) crew.set({ property, visits: [], observations: [] });
  }
}

// Shows a record the moment the device has it on disk, before the lists are read again.
export function showSaved(observation: Observation): void {
  const { property, visits, observations } = crew.value;
  if (observations.some((known) => known.id === observation.id)) return;
  crew.set({ property, visits, observations: [observation, ...observations] });
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
  lastOperation.watch((operation) => {
    if (!operation) return;
    const { property, visits, observations } = crew.value;
    const known = [...visits, ...observations].some((item) => item.id === operation.id);
    if (!known) {
      void loadCrew(property);
      return;
    }
    const update = <T extends { id: string; state: unknown }>(item: T): T =>
      item.id === operation.id ? { ...item, state: operation.state } : item;
    crew.set({ property, visits: visits.map(update), observations: observations.map(update) });
  });
  let answering = false;
  device.watch((state) => {
    const nowAnswering = state.reach === "answering";
    if (nowAnswering && !answering) void loadCrew(place.value.id);
    answering = nowAnswering;
  });
}
