// The one short message at the bottom of the screen: what was just saved, followed until the hub has it.
import type { RecordState } from "../api";
import { lastOperation } from "./device";
import { Store } from "./store";

export interface Notice {
  id: string; // the operation's record
  text: string;
  state: RecordState;
}

const SHOWN_MS = 8_000;

export const notice = new Store<Notice | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export function tellSaved(id: string, text: string, state: RecordState): void {
  // The hub's word may have come before the device's own reply was read.
  const heard = lastOperation.value;
  notice.set({ id, text, state: heard?.id === id ? heard.state : state });
  clearTimeout(timer);
  timer = setTimeout(() => notice.set(null), SHOWN_MS);
}

lastOperation.watch((operation) => {
  const shown = notice.value;
  if (operation && shown && operation.id === shown.id) notice.set({ ...shown, state: operation.state });
});
