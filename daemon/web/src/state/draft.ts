// What a person is typing, kept on this screen until the device has it on disk. The id belongs to the words: a retry
// after a lost reply carries the same one, so that nothing is recorded twice, and an edit makes a new one, since the
// device may hold what was sent before under the old.
import type { NewObservation } from "../api";

export interface Draft {
  id: string;
  kind: string;
  note: string;
  severity: string;
  measure: { name: string; value: string; unit: string };
}

function key(property: string | null): string {
  return `fieldpost.draft.${property ?? "anywhere"}`;
}

// RFC 9562 version 4. Made by hand because crypto.randomUUID exists on secure origins only.
export function newId(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  random[6] = ((random[6] ?? 0) & 0x0f) | 0x40;
  random[8] = ((random[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export function freshDraft(): Draft {
  return { id: newId(), kind: "note", note: "", severity: "info", measure: { name: "", value: "", unit: "" } };
}

export function loadDraft(property: string | null): Draft {
  try {
    const stored = JSON.parse(localStorage.getItem(key(property)) ?? "null") as Partial<Draft> | null;
    return stored?.id ? { ...freshDraft(), ...stored } : freshDraft();
  } catch {
    return freshDraft();
  }
}

export function edited(draft: Draft, part: Partial<Draft>): Draft {
  return { ...draft, ...part, id: newId() };
}

export function hasDraft(property: string | null): boolean {
  return !isEmpty(loadDraft(property));
}

// False when this browser keeps nothing; the text then lives only as long as the page.
export function keepDraft(property: string | null, draft: Draft): boolean {
  try {
    if (isEmpty(draft)) localStorage.removeItem(key(property));
    else localStorage.setItem(key(property), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

// Forgets what was saved under this id; what was edited since then stays.
export function dropDraft(property: string | null, id: string): void {
  try {
    if (loadDraft(property).id === id) localStorage.removeItem(key(property));
  } catch {
    // Nothing was kept, so nothing is left behind.
  }
}

export function isEmpty(draft: Draft): boolean {
  return draft.note.trim() === "" && draft.measure.value.trim() === "" && draft.measure.name.trim() === "";
}

export function hasMeasure({ measure }: Draft): boolean {
  return [measure.name, measure.value, measure.unit].some((text) => text.trim() !== "");
}

// "1,500" is 1500. All else stays as it was typed: it is evidence, and the journal keeps values as text.
function plainNumber(typed: string): string {
  return /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(typed) ? typed.replaceAll(",", "") : typed;
}

export function toObservation(draft: Draft, property: string | null): NewObservation {
  const values: NewObservation["values"] = {};
  const { name, value, unit } = draft.measure;
  if (value.trim() !== "") {
    const measured = name.trim() || "value";
    values[measured] = plainNumber(value.trim());
    if (unit.trim()) values[`${measured} unit`] = unit.trim();
  }
  return {
    id: draft.id,
    ...(property ? { property } : {}),
    kind: draft.kind,
    note: draft.note.trim(),
    values,
    severity: draft.severity,
  };
}
