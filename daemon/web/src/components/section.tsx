// One kind of record of the property; long lists open on demand.
import { useState } from "preact/hooks";
import type { Section as SectionOf } from "../api";
import { RecordRow } from "./record_row";

const FIRST = 4;

export function sectionId(kind: string): string {
  return `section-${kind}`;
}

// How many records there are; `cut`: at least.
export function countText(section: SectionOf, cut: boolean): string {
  const complete = !cut || ["property", "hazard", "preplan", "incident"].includes(section.kind);
  return `${section.records.length}${complete ? "" : "+"}`;
}

export function Section({ section, now, cut }: { section: SectionOf; now: number; cut: boolean }) {
  const [all, setAll] = useState(false);
  const { records, kind, title } = section;
  const number = countText(section, cut);
  const shown = all ? records : records.slice(0, FIRST);
  return (
    <section class="section" id={sectionId(kind)} aria-labelledby={`${sectionId(kind)}-title`}>
      <h2 id={`${sectionId(kind)}-title`} tabIndex={-1}>
        {title}
        {number !== "1" && <span class="number">{number}</span>}
      </h2>
      <ul class="records">
        {shown.map((record) => (
          <RecordRow key={record.id} record={record} now={now} />
        ))}
      </ul>
      {records.length > shown.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          {number.endsWith("+") ? "Show" : "Show all"} {records.length}
        </button>
      )}
    </section>
  );
}
