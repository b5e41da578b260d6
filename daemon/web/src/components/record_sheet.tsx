// Recording an observation. The text is kept on this screen at every key press, with the id it is saved under, so that
// pressing Save again after a lost reply never records twice.
import { useRef, useState } from "preact/hooks";
import { api, ApiProblem, sentence, type Status } from "../api";
import { openVisit, showSaved } from "../state/crew";
import { device } from "../state/device";
import {
  dropDraft,
  edited,
  hasMeasure,
  isEmpty,
  keepDraft,
  loadDraft,
  toObservation,
  type Draft,
} from "../state/draft";
import { tellSaved } from "../state/notice";
import { useStore } from "../state/store";
import { clock, positionQuality } from "../words";
import { Choice } from "./choice";
import { Icon } from "./icons";
import { Sheet } from "./sheet";

const KINDS = [
  { value: "note", label: "Note" },
  { value: "condition", label: "Condition" },
  { value: "hazard", label: "Hazard" },
  { value: "occupancy", label: "Occupancy" },
  { value: "measurement", label: "Measurement" },
] as const;

const SEVERITIES = [
  { value: "info", label: "Info" },
  { value: "minor", label: "Minor" },
  { value: "major", label: "Major" },
  { value: "critical", label: "Critical" },
] as const;

const PHRASES: { [kind: string]: readonly string[] } = {
  note: ["All in order", "Nobody present", "Spoke with occupant", "Entry refused"],
  condition: ["Good order", "Exit blocked", "Exit light out", "Alarm panel in trouble", "Sprinkler valve closed"],
  hazard: ["Structural damage", "Exposed wiring", "Chemicals stored", "Smell of gas", "Roof unsafe"],
  occupancy: ["Occupied", "Vacant and secured", "Vacant and open", "Under construction"],
};

function withPhrase(note: string, phrase: string): string {
  const text = note.trim();
  return text === "" ? `${phrase}.` : `${/[.!?]$/.test(text) ? text : `${text}.`} ${phrase}.`;
}

function whereText(status: Status | null, answers: boolean): string {
  if (!status || !answers) return "Position and time are added by the device.";
  const time = ["gnss", "ntp"].includes(status.time.quality) ? "time is sure" : "time is not sure";
  if (status.position.fix === "none") return `No GPS fix: it is saved without a position, and says so. The ${time}.`;
  return `Saved with position (${positionQuality(status.position).text}) and time. The ${time}.`;
}

interface Props {
  property: string | null;
  title: string;
  onClose: () => void;
}

export function RecordSheet({ property, title, onClose }: Props) {
  const state = useStore(device);
  const visit = useStore(openVisit);
  const [draft, setDraft] = useState<Draft>(() => loadDraft(property));
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const [kept, setKept] = useState(true);
  const [taken, setTaken] = useState(false); // the device holds another record under this id
  const note = useRef<HTMLTextAreaElement>(null);

  const keep = (next: Draft) => {
    setDraft(next);
    setKept(keepDraft(property, next));
  };
  const change = (part: Partial<Draft>) => keep(edited(draft, part));

  const save = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    if (isEmpty(draft)) {
      setFailure("Write what you saw, or touch one of the phrases.");
      note.current?.focus();
      return;
    }
    setBusy(true);
    setFailure("");
    const sent = taken ? edited(draft, {}) : draft;
    if (taken) keep(sent);
    setTaken(false);
    const observation = toObservation(sent, property);
    const inVisit = visit && visit.property === property ? visit.id : null;
    try {
      const saved = await api.observe(inVisit, observation);
      if (!saved.saved) throw new ApiProblem(500, "Not saved", "The device did not save it.");
      dropDraft(property, sent.id);
      showSaved({ ...observation, visit: inVisit, property, ...saved });
      tellSaved(saved.id, "Saved on this device.", saved.state);
      onClose();
    } catch (error) {
      setTaken(error instanceof ApiProblem && error.status === 409);
      setFailure(sentence(error));
      setBusy(false);
    }
  };

  const phrases = PHRASES[draft.kind] ?? [];
  return (
    <Sheet title="Record an observation" onClose={onClose}>
      <form class="record-form" onSubmit={(event) => void save(event)} noValidate>
        <p class="about">
          <Icon name="pin" size={20} />
          {property ? title : "At the vehicle's position, no property"}
        </p>
        <Choice legend="What is it?" options={KINDS} value={draft.kind} onChange={(kind) => change({ kind })} />
        {(draft.kind === "measurement" || hasMeasure(draft)) && (
          <div class="measure">
            <label>
              What
              <input
                type="text"
                placeholder="Static pressure"
                value={draft.measure.name}
                onInput={(event) => change({ measure: { ...draft.measure, name: event.currentTarget.value } })}
              />
            </label>
            <label>
              Value
              <input
                type="text"
                inputMode="decimal"
                value={draft.measure.value}
                onInput={(event) => change({ measure: { ...draft.measure, value: event.currentTarget.value } })}
              />
            </label>
            <label>
              Unit
              <input
                type="text"
                placeholder="psi"
                value={draft.measure.unit}
                onInput={(event) => change({ measure: { ...draft.measure, unit: event.currentTarget.value } })}
              />
            </label>
          </div>
        )}
        {phrases.length > 0 && (
          <div class="phrases" role="group" aria-label="Phrases to add to the note">
            {phrases.map((phrase) => (
              <button
                key={phrase}
                type="button"
                class="phrase"
                onClick={() => change({ note: withPhrase(draft.note, phrase) })}
              >
                {phrase}
              </button>
            ))}
          </div>
        )}
        <label class="note">
          What did you see?
          <textarea
            ref={note}
            rows={4}
            maxLength={4000}
            value={draft.note}
            onInput={(event) => change({ note: event.currentTarget.value })}
          />
        </label>
        <Choice
          legend="How serious?"
          options={SEVERITIES}
          value={draft.severity}
          onChange={(severity) => change({ severity })}
          tones
        />
        <p class="quiet">
          {whereText(state.status, state.reach !== "silent")}
          {visit && visit.property === property ? ` Part of the visit begun at ${clock(visit.startedAt)}.` : ""}
        </p>
        <div class="sheet-foot">
          <div role="alert">
            {failure !== "" && (
              <p class="notice bad">
                <strong>Not saved.</strong> {failure}{" "}
                {isEmpty(draft)
                  ? ""
                  : kept
                    ? "What you typed is kept here."
                    : "Keep this page open, or what you typed is lost."}
              </p>
            )}
          </div>
          <button type="submit" class="button primary wide" disabled={busy}>
            {busy ? "Saving" : failure && !isEmpty(draft) ? "Try again" : "Save observation"}
          </button>
        </div>
      </form>
    </Sheet>
  );
}
