// Changing fields of a record of the city. The form begins with what the record says now, and is sent with the version
// that was seen: what someone else changed meanwhile is never overwritten unseen.
import { useState } from "preact/hooks";
import { api, ApiProblem, sentence, type CityRecord, type Field } from "../api";
import { newId } from "../state/draft";
import {
  changedMeanwhile,
  editDraft,
  entryOf,
  lookedAgain,
  toEdit,
  typedValue,
  withTyped,
  wordsOf,
  type Entry,
} from "../state/edit";
import { tellSaved } from "../state/notice";
import { load, place } from "../state/place";
import { useStore } from "../state/store";
import { fieldLabel, fieldUnit, sentenceCase, simpleValue } from "../words";
import { Choice } from "./choice";
import { Icon } from "./icons";
import { Sheet } from "./sheet";
import { StateChip } from "./state_chip";

const LONG = 60; // letters, beyond which one line is too short

// What crews recorded is corrected, not edited.
export function canEdit(record: CityRecord): boolean {
  return !["visit", "observation"].includes(record.kind) && record.fields.some((field) => entryOf(record, field));
}

interface EntryProps {
  record: CityRecord;
  field: Field;
  entry: Entry;
  text: string;
  onText: (text: string) => void;
}

function EntryField({ record, field, entry, text, onText }: EntryProps) {
  const unit = fieldUnit(field.name);
  const label = `${fieldLabel(field.name)}${unit ? `, ${unit}` : ""}`;
  if (entry === "yesno" || entry === "word") {
    const words = entry === "yesno" ? ["true", "false"] : wordsOf(record, field);
    const options = words.map((value) => ({
      value,
      label: entry === "yesno" ? (value === "true" ? "Yes" : "No") : sentenceCase(value),
    }));
    return <Choice legend={label} options={options} value={text} onChange={onText} />;
  }
  const typed = {
    value: text,
    onInput: (event: { currentTarget: { value: string } }) => onText(event.currentTarget.value),
  };
  const long = entry === "lines" || typedValue(entry, field.value).length > LONG || /note|sheet/.test(field.name);
  const decimal = entry === "number" || entry === "cents";
  return (
    <label class="note">
      {label}
      {entry === "date" ? (
        <input type="date" {...typed} />
      ) : long ? (
        <textarea rows={4} {...typed} />
      ) : (
        <input type="text" inputMode={decimal ? "decimal" : "text"} {...typed} />
      )}
    </label>
  );
}

export function EditSheet({ record, onClose }: { record: CityRecord; onClose: () => void }) {
  const [store] = useState(() => editDraft(record));
  const draft = useStore(store);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const meanwhile = changedMeanwhile(draft, record);

  const save = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    const edit = toEdit(draft, record);
    if (typeof edit === "string") {
      setFailure(edit);
      return;
    }
    setBusy(true);
    setFailure("");
    try {
      const saved = await api.edit(record.id, edit);
      store.drop(edit.id);
      tellSaved(saved.id, "Change saved on this device.", saved.state);
      if (place.value.id) void load(place.value.id, true);
      onClose();
    } catch (error) {
      // The device holds something else under this id: the same words go under another.
      if (error instanceof ApiProblem && error.status === 409) store.set({ ...store.value, id: newId() });
      setFailure(sentence(error));
      setBusy(false);
    }
  };

  return (
    <Sheet title="Change what this says" onClose={onClose}>
      <form onSubmit={(event) => void save(event)} noValidate>
        <p class="about">
          <Icon name="page" size={20} />
          {`${record.title || sentenceCase(record.kind)}, from ${record.source.title || record.source.id}`}
        </p>
        <p class="quiet">
          Your change is seen here at once. If someone else has changed the same field, both values are kept and a
          person at the hub decides.
        </p>
        {record.fields.map((field) => {
          const entry = entryOf(record, field);
          if (!entry) return null;
          return (
            <div key={field.name} class="entry" data-field={field.name}>
              <EntryField
                record={record}
                field={field}
                entry={entry}
                text={draft.typed[field.name] ?? typedValue(entry, field.value)}
                onText={(text) => store.set(withTyped(store.value, record, field, entry, text))}
              />
              {field.state && (
                <span class="chips">
                  <StateChip state={field.state} reason={field.reason} field />
                </span>
              )}
            </div>
          );
        })}
        <label class="note">
          Why, or how do you know?
          <textarea
            rows={2}
            maxLength={4000}
            value={draft.note}
            onInput={(event) => store.set({ ...store.value, id: newId(), note: event.currentTarget.value })}
          />
        </label>
        <div class="sheet-foot">
          <div role="alert">
            {meanwhile.length > 0 && (
              <div class="notice">
                {meanwhile.map((field) => (
                  <p key={field.name}>
                    {`${fieldLabel(field.name)} was changed while you typed: it says ${simpleValue(field.name, field.value) ?? "something else"} now.`}
                  </p>
                ))}
                <button type="button" class="button" onClick={() => store.set(lookedAgain(store.value, record))}>
                  I have seen it
                </button>
              </div>
            )}
            {failure !== "" && (
              <p class="notice bad">
                <strong>Not saved.</strong> {failure}{" "}
                {store.isEmpty
                  ? ""
                  : store.stored
                    ? "What you typed is kept here."
                    : "Keep this page open, or what you typed is lost."}
              </p>
            )}
          </div>
          <button type="submit" class="button primary wide" disabled={busy}>
            {busy ? "Saving" : failure && !store.isEmpty ? "Try again" : "Save change"}
          </button>
        </div>
      </form>
    </Sheet>
  );
}
