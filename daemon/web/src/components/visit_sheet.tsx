// Starting and finishing a visit.
import { useState } from "preact/hooks";
import { api, sentence } from "../api";
import { loadCrew, setOpenVisit, type OpenVisit } from "../state/crew";
import { newId } from "../state/draft";
import { tellSaved } from "../state/notice";
import { clock } from "../words";
import { Choice } from "./choice";
import { Sheet } from "./sheet";

const PURPOSES = ["Inspection", "Complaint", "Follow-up", "Pre-plan survey", "Incident"].map((value) => ({
  value,
  label: value,
}));
const RESULTS = [
  { value: "passed", label: "Passed" },
  { value: "failed", label: "Failed" },
  { value: "partial", label: "Partly" },
  { value: "no_access", label: "No access" },
] as const;

function Failure({ text }: { text: string }) {
  return (
    <div role="alert">
      {text !== "" && (
        <p class="notice bad">
          <strong>Not saved.</strong> {text}
        </p>
      )}
    </div>
  );
}

export function StartVisit({ property, title, onClose }: { property: string; title: string; onClose: () => void }) {
  // Another purpose is another visit: after a lost reply the device may hold the one that was sent.
  const [{ id, purpose }, setVisit] = useState(() => ({ id: newId(), purpose: "Inspection" }));
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const start = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setFailure("");
    try {
      const saved = await api.startVisit({ id, property, purpose });
      setOpenVisit({ id: saved.id, property, title, purpose, startedAt: saved.recorded_at });
      tellSaved(saved.id, "Visit started, saved on this device.", saved.state);
      void loadCrew(property);
      onClose();
    } catch (error) {
      setFailure(sentence(error));
      setBusy(false);
    }
  };
  return (
    <Sheet title="Start a visit" onClose={onClose}>
      <form onSubmit={(event) => void start(event)}>
        <p class="about">{title}</p>
        <Choice
          legend="Why are you here?"
          options={PURPOSES}
          value={purpose}
          onChange={(chosen) => setVisit({ id: newId(), purpose: chosen })}
        />
        <div class="sheet-foot">
          <Failure text={failure} />
          <button type="submit" class="button primary wide" disabled={busy}>
            {busy ? "Saving" : "Start visit"}
          </button>
        </div>
      </form>
    </Sheet>
  );
}

export function FinishVisit({ visit, onClose }: { visit: OpenVisit; onClose: () => void }) {
  const [result, setResult] = useState("");
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const finish = async (event: Event) => {
    event.preventDefault();
    if (result === "") {
      setFailure("Choose how the visit ended.");
      return;
    }
    setBusy(true);
    setFailure("");
    try {
      const saved = await api.finishVisit(visit.id, { result, note: note.trim() });
      setOpenVisit(null);
      tellSaved(saved.id, "Visit finished, saved on this device.", saved.state);
      void loadCrew(visit.property);
      onClose();
    } catch (error) {
      setFailure(sentence(error));
      setBusy(false);
    }
  };
  return (
    <Sheet title="Finish the visit" onClose={onClose}>
      <form onSubmit={(event) => void finish(event)}>
        <p class="about">{`${visit.title}. ${visit.purpose}, since ${clock(visit.startedAt)}`}</p>
        <Choice legend="How did it end?" options={RESULTS} value={result} onChange={setResult} />
        <label class="note">
          Closing remark
          <textarea rows={3} maxLength={4000} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
        </label>
        <div class="sheet-foot">
          <Failure text={failure} />
          <button type="submit" class="button primary wide" disabled={busy}>
            {busy ? "Saving" : "Finish visit"}
          </button>
        </div>
      </form>
    </Sheet>
  );
}
