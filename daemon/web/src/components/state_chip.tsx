// Chips beside a record: where the crew's own work has got to, and who may see what stands here.
import type { Classification, RecordState } from "../api";
import { classificationText } from "../words";
import { Icon, type IconName } from "./icons";

const STATES: { [state in Exclude<RecordState, "current">]: { icon: IconName; text: string; tone: string } } = {
  pending: { icon: "clock", text: "Saved here, not sent yet", tone: "wait" },
  accepted: { icon: "check", text: "Accepted by the hub", tone: "good" },
  conflict: { icon: "alert", text: "In conflict, a person will decide", tone: "bad" },
  quarantined: { icon: "alert", text: "Held back by the hub for a check", tone: "bad" },
};

export function StateChip({ state }: { state: RecordState }) {
  if (state === "current") return null;
  const { icon, text, tone } = STATES[state];
  return (
    <span class={`chip ${tone}`} data-state={state}>
      <Icon name={icon} size={16} />
      {text}
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
