// One kind of record of the property; long lists open on demand.
import { useState } from "preact/hooks";
import type { Section as SectionOf } from "../api";
import { RecordRow } from "./record_row";

const FIRST = 4;

export function sectionId(kind: string): string {
  return `section-${kind}`;
}

export function Section({ section, now }: { section: SectionOf; now: number }) {
  const [all, setAll] = useState(false);
  const { records, kind, title } = section;
  const shown = all ? records : records.slice(0, FIRST);
  return (
    <section class="section" id={sectionId(kind)} aria-labelledby={`${sectionId(kind)}-title`}>
      <h2 id={`${sectionId(kind)}-title`} tabIndex={-1}>
        {title}
        {records.length > 1 && <span class="number">{records.length}</span>}
      </h2>
      <ul class="records">
        {shown.map((record) => (
          <RecordRow key={record.id} record={record} now={now} />
        ))}
      </ul>
      {records.length > shown.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show all {records.length}
        </button>
      )}
    </section>
  );
}
