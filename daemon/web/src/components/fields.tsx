// The fields of one record: name, value, and who may see it where that is not everyone.
import type { Field, FieldValue } from "../api";
import { fieldLabel, simpleValue } from "../words";
import { ClassificationChip } from "./state_chip";

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

function shows({ value }: Field): boolean {
  return !(value === null || value === "" || (Array.isArray(value) && value.length === 0));
}

export function Fields({ fields }: { fields: Field[] }) {
  const filled = fields.filter(shows);
  if (filled.length === 0) return <p class="quiet">This record has no further fields for you.</p>;
  return (
    <dl class="fields">
      {filled.map((field) => (
        <div key={field.name} class="field">
          <dt title={field.label}>{fieldLabel(field.name)}</dt>
          <dd>
            {simpleValue(field.name, field.value) ?? <Nested value={field.value} />}{" "}
            <ClassificationChip classification={field.classification} compartment={field.compartment} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
