// One record of the 360° view: what it says, whose word it is and how old, how surely it belongs here; its fields on touch.
import { useId, useState } from "preact/hooks";
import type { CityRecord, Field } from "../api";
import { age, CLASSIFICATION_RANK, sentenceCase } from "../words";
import { canEdit, EditSheet } from "./edit_sheet";
import { Fields } from "./fields";
import { Icon } from "./icons";
import { Nfpa704, nfpaRating } from "./nfpa704";
import { StalenessChip } from "./origin_line";
import { ClassificationChip, StateChip } from "./state_chip";

const SURE = 0.9;
const METHODS: { [method: string]: string } = {
  parcel: "by parcel number",
  address: "by its address",
  position: "by its position",
  source: "by its source",
};

// What the record as a whole is marked with: its strictest field, unless that is one internal field among public ones,
// which bears its own mark in the list below.
function mark(fields: Field[]): Field | null {
  const top = fields.reduce<Field | null>(
    (top, field) =>
      (CLASSIFICATION_RANK[field.classification] ?? 3) > (top ? (CLASSIFICATION_RANK[top.classification] ?? 3) : 0)
        ? field
        : top,
    null,
  );
  const mixed = fields.some((field) => field.classification === "public");
  return top?.classification === "internal" && mixed ? null : top;
}

function text(record: CityRecord, name: string): string {
  const value = record.fields.find((field) => field.name === name)?.value;
  return typeof value === "string" ? value : "";
}

export function RecordRow({ record, now }: { record: CityRecord; now: number }) {
  const [open, setOpen] = useState(false);
  const [editing, setEditing] = useState(false);
  const details = useId();
  const top = mark(record.fields);
  const rating = record.kind === "hazard" ? nfpaRating(record) : null;
  const quickSheet = record.kind === "preplan" ? text(record, "quick_sheet") : "";
  const { method, confidence } = record.link;
  return (
    <li class={`record kind-${record.kind}`}>
      <button
        type="button"
        class="record-head"
        aria-expanded={open}
        aria-controls={details}
        onClick={() => setOpen(!open)}
      >
        {rating && <Nfpa704 rating={rating} />}
        <span class="record-text">
          <span class="record-title">{record.title || sentenceCase(record.kind)}</span>
          {record.summary && <span class="record-summary">{record.summary}</span>}
          <span class="record-meta">
            {record.source.title || record.source.id}, {age(record.as_of, now)}
          </span>
          <span class="chips">
            <StateChip state={record.state} reason={record.reason} />
            {top && <ClassificationChip classification={top.classification} compartment={top.compartment} />}
            <StalenessChip staleness={record.staleness} />
            {confidence < SURE && method !== "self" && (
              <span class="chip wait">
                <Icon name="alert" size={16} />
                {`Linked ${METHODS[method] ?? `by ${method}`}, ${Math.round(confidence * 100)} % sure`}
              </span>
            )}
          </span>
        </span>
        <Icon name="down" size={22} turn={open ? 180 : 0} />
      </button>
      {quickSheet && <p class="quick-sheet">{quickSheet}</p>}
      <div id={details} class="record-fields" hidden={!open}>
        {open && <Fields record={record} />}
        {open && canEdit(record) && (
          <button type="button" class="more" onClick={() => setEditing(true)}>
            Change what this says
          </button>
        )}
      </div>
      {editing && <EditSheet record={record} onClose={() => setEditing(false)} />}
    </li>
  );
}
