// An observation, or the correction of one, while it is typed. The id belongs to the words: a retry after a lost reply
// carries the same one, so that nothing is recorded twice, and an edit makes a new one, since the device may hold what
// was sent before under the old.
import type { Attachment, NewAttachment, NewObservation, Observation, Said } from "../api";
import { Kept } from "./kept";

export interface DraftAttachment extends NewAttachment {
  bytes: number;
}

export interface Draft {
  id: string;
  kind: string;
  note: string;
  severity: string;
  measure: { name: string; value: string; unit: string };
  values: Record<string, string>; // others, as they were recorded: they are carried on
  attachments: DraftAttachment[];
  reason: string; // of a correction
}

const drafts = new Map<string, Kept<Draft>>();

// RFC 9562 version 4. Made by hand because crypto.randomUUID exists on secure origins only.
export function newId(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  random[6] = ((random[6] ?? 0) & 0x0f) | 0x40;
  random[8] = ((random[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function draft(key: string, fresh: () => Draft, empty: (draft: Draft) => boolean): Kept<Draft> {
  const known = drafts.get(key);
  if (known) return known;
  const made = new Kept(key, fresh, empty);
  drafts.set(key, made);
  return made;
}

export function draftAt(property: string | null): Kept<Draft> {
  return draft(`fieldpost.draft.${property ?? "anywhere"}`, freshDraft, isEmpty);
}

// Begins with what the observation says now.
export function draftOfCorrection(observation: Observation): Kept<Draft> {
  const key = `fieldpost.correction.${observation.id}`;
  const now = present(observation);
  // An untouched one follows what was corrected meanwhile.
  if (drafts.get(key)?.isEmpty) drafts.delete(key);
  return draft(
    key,
    () => fromSaid(now),
    (typed) => isSame(typed, fromSaid(now)),
  );
}

// What counts now: the last correction, or what was seen first.
export function present(observation: Observation): Said {
  return observation.corrections.at(-1) ?? observation;
}

export function freshDraft(): Draft {
  return {
    id: newId(),
    kind: "note",
    note: "",
    severity: "info",
    measure: { name: "", value: "", unit: "" },
    values: {},
    attachments: [],
    reason: "",
  };
}

export function edited(draft: Draft, part: Partial<Draft>): Draft {
  return { ...draft, ...part, id: newId() };
}

export function hasDraft(property: string | null): boolean {
  return !draftAt(property).isEmpty;
}

export function isEmpty({ note, measure, attachments }: Draft): boolean {
  return note.trim() === "" && measure.value.trim() === "" && measure.name.trim() === "" && attachments.length === 0;
}

export function hasMeasure({ measure }: Draft): boolean {
  return [measure.name, measure.value, measure.unit].some((text) => text.trim() !== "");
}

export function isSame(one: Draft, other: Draft): boolean {
  return JSON.stringify({ ...one, id: "" }) === JSON.stringify({ ...other, id: "" });
}

// "1,500" is 1500. All else stays as it was typed: it is evidence, and the journal keeps values as text.
export function plainNumber(typed: string): string {
  return /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(typed) ? typed.replaceAll(",", "") : typed;
}

export function toObservation(draft: Draft, property: string | null): NewObservation {
  const values: NewObservation["values"] = { ...draft.values };
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
    attachments: draft.attachments.map(({ bytes: _, ...attachment }) => attachment),
  };
}

function fromSaid(said: Said): Draft {
  const values = Object.fromEntries(Object.entries(said.values).map(([name, value]) => [name, String(value)]));
  // One measured value, with its unit or without, goes back into the line that it was typed in.
  const names = Object.keys(values).filter((name) => !(name.endsWith(" unit") && name.slice(0, -5) in values));
  const [name] = names;
  const measured = names.length === 1 && name !== undefined;
  return {
    ...freshDraft(),
    kind: said.kind,
    note: said.note,
    severity: said.severity ?? "",
    measure: measured
      ? { name, value: values[name] ?? "", unit: values[`${name} unit`] ?? "" }
      : { name: "", value: "", unit: "" },
    values: measured ? {} : values,
    attachments: said.attachments.map(toDraft),
  };
}

function toDraft({ sha256, media_type, name, thumbnail, bytes }: Attachment): DraftAttachment {
  return { sha256, media_type, name, bytes, ...(thumbnail ? { thumbnail } : {}) };
}

// As the lists show it the moment it is saved.
export function toAttachments(draft: Draft): Attachment[] {
  return draft.attachments.map((attachment) => ({
    ...attachment,
    thumbnail: attachment.thumbnail ?? null,
    state: "waiting",
  }));
}
