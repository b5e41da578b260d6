// A record's fields while they are changed: how each value is typed, and what is sent. As with a draft, the id belongs
// to the words.
import type { CityRecord, Field, FieldValue, NewEdit } from "../api";
import { fieldLabel } from "../words";
import { newId, plainNumber } from "./draft";
import { Kept } from "./kept";

export type Entry = "text" | "date" | "number" | "cents" | "yesno" | "word" | "lines";

export interface EditDraft {
  id: string;
  version: number; // of the record when the first of these was typed
  typed: Record<string, string>;
  was: Record<string, FieldValue>; // what the record said then
  note: string;
}

// Words that the records know; all else is free text.
const WORDS: { [field: string]: readonly string[] } = {
  "asset.status": ["in_service", "out_of_service", "unknown"],
  "preplan.fire_alarm": ["present", "not_present"],
  "preplan.sprinkler": ["present", "not_present"],
};

export function wordsOf(record: CityRecord, field: Field): readonly string[] {
  return WORDS[`${record.kind}.${field.name}`] ?? [];
}

// How the field is typed; null when this page cannot edit it.
export function entryOf(record: CityRecord, field: Field): Entry | null {
  const { name } = field;
  const value = field.value ?? field.own_value ?? null;
  if (wordsOf(record, field).length > 0) return "word";
  if (name.endsWith("_at")) return null;
  if (name.endsWith("_on") && /^(\d{4}-\d{2}-\d{2})?$/.test(String(value ?? ""))) return "date";
  if (typeof value === "boolean") return "yesno";
  if (name.endsWith("_cents")) return "cents";
  if (typeof value === "number" || /_(usd|sqft|gpm|psi|in)$/.test(name)) return "number";
  if (Array.isArray(value)) return value.every((item) => typeof item === "string") ? "lines" : null;
  return value === null || typeof value === "string" ? "text" : null;
}

export function typedValue(entry: Entry, value: FieldValue): string {
  if (value === null) return "";
  if (entry === "cents" && typeof value === "number") return (value / 100).toFixed(2);
  if (Array.isArray(value)) return value.join("\n");
  return String(value);
}

// The value as the device takes it; undefined when what was typed is none.
function toValue(entry: Entry, typed: string): FieldValue | undefined {
  const text = typed.trim();
  if (text === "") return null;
  if (entry === "yesno") return text === "true";
  if (entry === "lines")
    return text
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  if (entry !== "number" && entry !== "cents") return text;
  const number = Number(plainNumber(text.replace(/^\$\s*/, "")));
  if (!Number.isFinite(number)) return undefined;
  return entry === "cents" ? Math.round(number * 100) : number;
}

export function editDraft(record: CityRecord): Kept<EditDraft> {
  const fresh = () => ({ id: newId(), version: record.version, typed: {}, was: {}, note: "" });
  return new Kept<EditDraft>(`fieldpost.edit.${record.id}`, fresh, (draft) => Object.keys(draft.typed).length === 0);
}

// A field that is typed back to what it was is not changed any more.
export function withTyped(draft: EditDraft, record: CityRecord, field: Field, entry: Entry, text: string): EditDraft {
  const typed = { ...draft.typed };
  const was = { ...draft.was };
  const first = Object.keys(typed).length === 0;
  if (text === typedValue(entry, field.value)) {
    delete typed[field.name];
    delete was[field.name];
  } else {
    typed[field.name] = text;
    if (!(field.name in was)) was[field.name] = field.value;
  }
  return { ...draft, id: newId(), version: first ? record.version : draft.version, typed, was };
}

// The typed fields that say something else by now than when they were typed.
export function changedMeanwhile(draft: EditDraft, record: CityRecord): Field[] {
  return record.fields.filter(
    ({ name, value }) => name in draft.typed && JSON.stringify(draft.was[name] ?? null) !== JSON.stringify(value),
  );
}

// The person has looked at what changed meanwhile.
export function lookedAgain(draft: EditDraft, record: CityRecord): EditDraft {
  const was = Object.fromEntries(record.fields.filter(({ name }) => name in draft.typed).map((f) => [f.name, f.value]));
  return { ...draft, id: newId(), version: record.version, was };
}

// What is sent, or the sentence that says what is wrong.
export function toEdit(draft: EditDraft, record: CityRecord): NewEdit | string {
  const fields: NewEdit["fields"] = {};
  for (const [name, text] of Object.entries(draft.typed)) {
    const field = record.fields.find((known) => known.name === name);
    const entry = field && entryOf(record, field);
    if (!entry) return `${fieldLabel(name)} is not part of this record any more.`;
    const value = toValue(entry, text);
    if (value === undefined) return `${fieldLabel(name)} must be a number.`;
    fields[name] = value;
  }
  if (Object.keys(fields).length === 0) return "Nothing is changed yet.";
  return { id: draft.id, version: draft.version, fields, note: draft.note.trim() };
}
