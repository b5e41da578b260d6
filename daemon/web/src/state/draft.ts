// What a person is typing, kept on this screen until the device has it on disk. The draft owns the observation's id: a
// retry after a lost reply carries the same id, so that nothing is recorded twice.
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

export function dropDraft(property: string | null): void {
  try {
    localStorage.removeItem(key(property));
  } catch {
    // Nothing was kept, so nothing is left behind.
  }
}

export function isEmpty(draft: Draft): boolean {
  return draft.note.trim() === "" && draft.measure.value.trim() === "" && draft.measure.name.trim() === "";
}

export function toObservation(draft: Draft, property: string | null): NewObservation {
  const values: NewObservation["values"] = {};
  const { name, value, unit } = draft.measure;
  if (draft.kind === "measurement" && value.trim() !== "") {
    const measured = name.trim() || "value";
    const number = Number(value.trim().replace(",", "."));
    values[measured] = Number.isFinite(number) ? number : value.trim();
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
