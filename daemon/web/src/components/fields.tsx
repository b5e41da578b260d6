// The fields of one record: name, value, where the crew's own edit of it has got to, and who may see it where that is
// not everyone.
import type { CityRecord, Field, FieldValue } from "../api";
import { fieldLabel, isHistory, readHistory, simpleValue } from "../words";
import { ClassificationChip, StateChip } from "./state_chip";

// A nested message or a list of them, as indented lines. Named values of a source ({name, value}) read as one line each.
function Nested({ value }: { value: FieldValue }) {
  if (Array.isArray(value)) {
    return (
      <ul class="nested">
        {value.map((item, i) => (
          <li key={i}>{simpleValue("", item) ?? <Nested value={item} />}</li>
        ))}
      </ul>
    );
  }
  if (value === null || typeof value !== "object") return <>{simpleValue("", value)}</>;
  const { name, value: inner, ...rest } = value;
  if (typeof name === "string" && inner !== undefined && Object.keys(rest).length === 0) {
    return (
      <>
        {name}: {simpleValue(name, inner)}
      </>
    );
  }
  return (
    <ul class="nested">
      {Object.entries(value).map(([key, item]) => (
        <li key={key}>
          {fieldLabel(key)}: {simpleValue(key, item) ?? <Nested value={item} />}
        </li>
      ))}
    </ul>
  );
}

function shows({ value, state }: Field): boolean {
  return state !== undefined || !(value === null || value === "" || (Array.isArray(value) && value.length === 0));
}

function Own({ field }: { field: Field }) {
  if (!field.state) return null;
  return (
    <>
      <StateChip state={field.state} reason={field.reason} field />
      {field.own_value !== undefined && (
        <span class="own-value">{`Yours: ${simpleValue(field.name, field.own_value) ?? "see the record"}. A person at the hub decides.`}</span>
      )}
    </>
  );
}

// What a crew's observation says beside its note: named values, attachments, and what it said before it was corrected.
function Values({ value }: { value: { [name: string]: FieldValue } }) {
  const { attachments, corrections } = readHistory(value);
  const plain = Object.entries(value).filter(([name]) => !isHistory(name));
  return (
    <ul class="nested">
      {plain.map(([name, item]) => (
        <li key={name}>{`${name}: ${simpleValue(name, item) ?? ""}`}</li>
      ))}
      {attachments.map((name) => (
        <li key={name}>{`Attached: ${name}`}</li>
      ))}
      {corrections.map((correction) => (
        <li key={correction.at}>
          {`Corrected by ${correction.by}: ${correction.reason}. Before: `}
          <del>{correction.before}</del>
        </li>
      ))}
    </ul>
  );
}

function Value({ kind, field }: { kind: string; field: Field }) {
  const { name, value } = field;
  if (
    kind === "observation" &&
    name === "values" &&
    value !== null &&
    typeof value === "object" &&
    !Array.isArray(value)
  )
    return <Values value={value} />;
  return <>{simpleValue(name, value) ?? <Nested value={value} />}</>;
}

export function Fields({ record }: { record: CityRecord }) {
  const filled = record.fields.filter(shows);
  if (filled.length === 0) return <p class="quiet">This record has no further fields for you.</p>;
  return (
    <dl class="fields">
      {filled.map((field) => (
        <div key={field.name} class="field" data-field={field.name}>
          <dt title={field.label}>{fieldLabel(field.name)}</dt>
          <dd>
            <Value kind={record.kind} field={field} />{" "}
            <ClassificationChip classification={field.classification} compartment={field.compartment} />
            <Own field={field} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
