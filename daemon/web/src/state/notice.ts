// The one short message at the bottom of the screen: what was just saved, followed until the hub has it.
import type { RecordState } from "../api";
import { crew, stateOf } from "./crew";
import { Store } from "./store";

export interface Notice {
  id: string; // of the visit or observation
  text: string;
  state: RecordState;
}

const SHOWN_MS = 6_000;

export const notice = new Store<Notice | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export function tellSaved(id: string, text: string, state: RecordState): void {
  notice.set({ id, text, state });
  clearTimeout(timer);
  timer = setTimeout(() => notice.set(null), SHOWN_MS);
}

crew.watch(() => {
  const shown = notice.value;
  const state = shown && stateOf(shown.id);
  if (shown && state && state !== shown.state) notice.set({ ...shown, state });
});
