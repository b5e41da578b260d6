// Recording an observation, or correcting one. The text is kept on this screen at every key press, with the id it is
// saved under, so that pressing Save again after a lost reply never records twice.
import { useRef, useState } from "preact/hooks";
import { api, ApiProblem, sentence, type Observation, type Saved, type Status } from "../api";
import { crew, loadCrew, openVisit, showSaved } from "../state/crew";
import { device } from "../state/device";
import {
  draftAt,
  draftOfCorrection,
  edited,
  hasMeasure,
  isEmpty,
  toAttachments,
  toObservation,
  type Draft,
} from "../state/draft";
import { tellSaved } from "../state/notice";
import { useStore } from "../state/store";
import { clock, positionQuality } from "../words";
import { AttachField } from "./attach_field";
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
  corrects?: Observation; // absent: it is a new one
  onClose: () => void;
}

export function RecordSheet({ property, title, corrects, onClose }: Props) {
  const state = useStore(device);
  const visit = useStore(openVisit);
  const [store] = useState(() => (corrects ? draftOfCorrection(corrects) : draftAt(property)));
  const draft = useStore(store);
  const [busy, setBusy] = useState(false);
  const [storing, setStoring] = useState(false); // an attachment is on its way to the device
  const [failure, setFailure] = useState("");
  const [taken, setTaken] = useState(false); // the device holds another record under this id
  const note = useRef<HTMLTextAreaElement>(null);
  const reason = useRef<HTMLTextAreaElement>(null);

  const change = (part: Partial<Draft>) => store.set(edited(store.value, part));

  const send = async (sent: Draft): Promise<Saved> => {
    const observation = toObservation(sent, property);
    if (corrects) {
      const saved = await api.correct(corrects.id, { ...observation, reason: sent.reason.trim() });
      void loadCrew(crew.value.property);
      return saved;
    }
    const inVisit = visit && visit.property === property ? visit.id : null;
    const saved = await api.observe(inVisit, observation);
    if (!saved.saved) throw new ApiProblem(500, "Not saved", "The device did not save it.");
    showSaved({
      ...observation,
      attachments: toAttachments(sent),
      corrections: [],
      visit: inVisit,
      property,
      ...saved,
    });
    return saved;
  };

  const missing = (): [string, HTMLTextAreaElement | null] | null => {
    if (isEmpty(draft)) return ["Write what you saw, touch one of the phrases, or attach a photo.", note.current];
    if (!corrects) return null;
    if (store.isEmpty) return ["Nothing is changed yet.", note.current];
    return draft.reason.trim() === "" ? ["Say why it is corrected.", reason.current] : null;
  };

  const save = async (event: Event) => {
    event.preventDefault();
    if (busy || storing) return;
    const lacks = missing();
    if (lacks) {
      setFailure(lacks[0]);
      lacks[1]?.focus();
      return;
    }
    setBusy(true);
    setFailure("");
    const sent = taken ? edited(draft, {}) : draft;
    if (taken) store.set(sent);
    setTaken(false);
    try {
      const saved = await send(sent);
      store.drop(sent.id);
      tellSaved(saved.id, corrects ? "Correction saved on this device." : "Saved on this device.", saved.state);
      onClose();
    } catch (error) {
      setTaken(error instanceof ApiProblem && error.status === 409);
      setFailure(sentence(error));
      setBusy(false);
    }
  };

  const phrases = PHRASES[draft.kind] ?? [];
  return (
    <Sheet title={corrects ? "Correct an observation" : "Record an observation"} onClose={onClose}>
      <form class="record-form" onSubmit={(event) => void save(event)} noValidate>
        <p class="about">
          <Icon name="pin" size={20} />
          {property ? title : "At the vehicle's position, no property"}
        </p>
        {corrects && (
          <p class="quiet">
            {`What was recorded at ${clock(corrects.recorded_at)} stays on record and is shown as superseded. What stands here takes its place.`}
          </p>
        )}
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
        <AttachField store={store} onBusy={setStoring} />
        <Choice
          legend="How serious?"
          options={SEVERITIES}
          value={draft.severity}
          onChange={(severity) => change({ severity })}
          tones
        />
        {Object.keys(draft.values).length > 0 && (
          <p class="quiet">
            {`These values stay as they were: ${Object.entries(draft.values)
              .map(([name, value]) => `${name} ${value}`)
              .join(", ")}.`}
          </p>
        )}
        {corrects && (
          <label class="note">
            Why is it corrected?
            <textarea
              ref={reason}
              rows={2}
              maxLength={4000}
              value={draft.reason}
              onInput={(event) => change({ reason: event.currentTarget.value })}
            />
          </label>
        )}
        <p class="quiet">
          {whereText(state.status, state.reach !== "silent")}
          {visit && visit.property === property ? ` Part of the visit begun at ${clock(visit.startedAt)}.` : ""}
        </p>
        <div class="sheet-foot">
          <div role="alert">
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
          <button type="submit" class="button primary wide" disabled={busy || storing}>
            {storing
              ? "Storing the attachment"
              : busy
                ? "Saving"
                : failure && !store.isEmpty
                  ? "Try again"
                  : corrects
                    ? "Save correction"
                    : "Save observation"}
          </button>
        </div>
      </form>
    </Sheet>
  );
}
