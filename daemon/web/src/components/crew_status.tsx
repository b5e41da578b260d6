// What the crew tells the hub ahead of all else: SOS, and what it is doing. The device says how far the last one got.
import { useEffect, useState } from "preact/hooks";
import { api, ApiProblem, sentence, Unreachable, type CrewState, type CrewStatus } from "../api";
import { device, probe } from "../state/device";
import { newId } from "../state/draft";
import { useNow, useStore } from "../state/store";
import { clock } from "../words";
import { Choice } from "./choice";
import { HoldButton } from "./hold_button";
import { Icon } from "./icons";
import { Sheet } from "./sheet";

const NAMES: { [state in CrewState]: string } = {
  sos: "SOS",
  responding: "Responding",
  on_scene: "On scene",
  available: "Available",
  out_of_service: "Out of service",
};
const PLAIN = (["responding", "on_scene", "available", "out_of_service"] as const).map((value) => ({
  value,
  label: NAMES[value],
}));

// "SOS received by the hub", or why it is not there yet.
function progress({ state, reason }: CrewStatus, connected: boolean): string {
  if (state === "accepted") return "received by the hub";
  if (state === "pending" && reason) return `parked at the hub: ${reason}`;
  if (state === "pending")
    return connected
      ? "saved here, on its way to the hub"
      : "saved here, NOT YET SENT: it goes first when a link is up";
  return `held back by the hub: ${reason ?? "a person looks at it"}. Use the radio`;
}

function Progress({ crew, connected }: { crew: CrewStatus; connected: boolean }) {
  return (
    <>
      <strong>{NAMES[crew.status]}</strong>
      {` of ${clock(crew.recorded_at)} ${progress(crew, connected)}.`}
    </>
  );
}

function useCrew(): { crew: CrewStatus | null; connected: boolean } {
  const { status, reach } = useStore(device);
  return {
    crew: status?.crew ?? null,
    connected: reach === "answering" && status?.link.state === "connected" && status.link.hub !== "absent",
  };
}

// An SOS stays in sight until something else is reported; the rest until the hub has it.
export function CrewStatusLine() {
  const { crew, connected } = useCrew();
  const shown = crew && (crew.status === "sos" || crew.state !== "accepted") ? crew : null;
  return (
    <div role="status">
      {shown && (
        <p class={`crew-line ${shown.status === "sos" ? "sos" : ""}`} data-crew={shown.status} data-state={shown.state}>
          <Icon name={shown.state === "accepted" ? "check" : "clock"} size={22} />
          <span>
            <Progress crew={shown} connected={connected} />
          </span>
        </p>
      )}
    </div>
  );
}

export function CrewStatusSheet({ onClose }: { onClose: () => void }) {
  const { crew, connected } = useCrew();
  const { reach } = useStore(device);
  const [status, setStatus] = useState<CrewState>("responding");
  const [note, setNote] = useState("");
  // One id until it is saved: a second try after a lost reply reports nothing twice.
  const [ids, setIds] = useState({ sos: newId(), plain: newId() });
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  useNow(15_000);

  const done = () => {
    setIds({ sos: newId(), plain: newId() });
    setNote("");
    setFailure("");
  };
  const send = async (what: CrewState) => {
    const key = what === "sos" ? "sos" : "plain";
    setBusy(true);
    setFailure("");
    try {
      await api.reportStatus({ id: ids[key], status: what, note: note.trim() });
      done();
      void probe();
    } catch (error) {
      if (device.value.status?.crew?.id === ids[key]) return done(); // only the reply was lost
      if (error instanceof ApiProblem && error.status === 409) setIds({ ...ids, [key]: newId() });
      const known = error instanceof Unreachable ? "may not be saved" : "was NOT SAVED and is not sent";
      setFailure(`${NAMES[what]} ${known}. ${sentence(error)} Use the radio, or hold the button again.`);
    } finally {
      setBusy(false);
    }
  };
  // After a lost reply the device itself tells that it has it.
  useEffect(() => {
    if (crew && Object.values(ids).includes(crew.id)) done();
  }, [crew?.id]);
  const change = (part: () => void) => {
    part();
    setIds({ ...ids, plain: newId(), sos: newId() });
  };

  return (
    <Sheet title="Status and SOS" onClose={onClose}>
      <div class="crew-sheet">
        <div role="alert">{failure !== "" && <p class="notice bad">{failure}</p>}</div>
        <p
          class={`notice ${!crew || crew.state === "accepted" ? "calm" : crew.status === "sos" ? "bad" : ""}`}
          role="status"
        >
          {crew ? <Progress crew={crew} connected={connected} /> : "Nothing was reported yet."}
          {reach === "silent" && " The device does not answer: this is what it said last."}
        </p>
        <HoldButton tone="bad-solid" disabled={busy} onHeld={() => void send("sos")}>
          Send SOS
        </HoldButton>
        <Choice
          legend="What is the crew doing?"
          options={PLAIN}
          value={status}
          onChange={(value) => change(() => setStatus(value as CrewState))}
        />
        <label class="note">
          A word with it, if there is time
          <input
            type="text"
            maxLength={500}
            value={note}
            onInput={(event) => {
              const { value } = event.currentTarget;
              change(() => setNote(value));
            }}
          />
        </label>
        <HoldButton tone="primary" disabled={busy} onHeld={() => void send(status)}>
          {`Send "${NAMES[status]}"`}
        </HoldButton>
      </div>
    </Sheet>
  );
}
