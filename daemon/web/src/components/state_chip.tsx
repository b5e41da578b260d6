// Chips beside a record or a field: where the crew's own work has got to, and who may see what stands here.
import type { Classification, OwnState, RecordState } from "../api";
import { classificationText } from "../words";
import { Icon, type IconName } from "./icons";

interface Look {
  icon: IconName;
  text: string;
  tone: "wait" | "good" | "bad";
}

const RECORDS: { [state in OwnState]: Look } = {
  pending: { icon: "clock", text: "Saved here, not sent yet", tone: "wait" },
  accepted: { icon: "check", text: "Accepted by the hub", tone: "good" },
  conflict: { icon: "alert", text: "In conflict, a person will decide", tone: "bad" },
  quarantined: { icon: "alert", text: "Held back by the hub for a check", tone: "bad" },
};

// Where own work is laid over the city's data, the word "yours" tells whose value is seen.
const FIELDS: { [state in OwnState]: Look } = {
  pending: { icon: "clock", text: "Yours, not yet at the hub", tone: "wait" },
  accepted: { icon: "check", text: "Yours, accepted by the hub", tone: "good" },
  conflict: { icon: "alert", text: "In conflict: someone else changed it too", tone: "bad" },
  quarantined: { icon: "alert", text: "Yours is held back by the hub", tone: "bad" },
};

// What has reached the hub and waits there is pending with a reason.
const PARKED: Look = { icon: "clock", text: "Parked at the hub", tone: "wait" };
const PARKED_FIELD: Look = { icon: "clock", text: "Yours, parked at the hub", tone: "wait" };

interface Props {
  state: RecordState;
  reason?: string | undefined;
  field?: boolean; // it is about one field of a record of the city
}

export function StateChip({ state, reason = "", field = false }: Props) {
  if (state === "current") return null;
  const parked = state === "pending" && reason !== "";
  const { icon, text, tone } = parked ? (field ? PARKED_FIELD : PARKED) : (field ? FIELDS : RECORDS)[state];
  return (
    <span class={`chip ${tone}`} data-state={parked ? "parked" : state}>
      <Icon name={icon} size={16} />
      {reason === "" ? text : `${text}: ${reason}`}
    </span>
  );
}

export function ClassificationChip({
  classification,
  compartment,
}: {
  classification: Classification;
  compartment: string;
}) {
  if (classification === "public") return null;
  return (
    <span class={`chip class-${classification}`}>
      {classification !== "internal" && <Icon name="lock" size={14} />}
      {classificationText(classification, compartment)}
    </span>
  );
}
