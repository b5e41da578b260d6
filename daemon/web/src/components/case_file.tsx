// What an inspector needs of a place: what is open and by when, on which conditions, who answers for it, what happened.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { CaseFile as File, Responsible } from "../api";
import { count, sentenceCase, simpleValue } from "../words";
import { OriginLine } from "./origin_line";

const FIRST = 5;

function day(on: string): string {
  return simpleValue("on", on) ?? on;
}

function dueText(due: string | null, overdue: number): string {
  if (overdue > 0) return `${count(overdue)} ${overdue === 1 ? "day" : "days"} overdue, was due ${day(due ?? "")}`;
  return due ? `Due ${day(due)}` : "";
}

interface ListProps<T> {
  id: string;
  title: string;
  items: T[];
  note?: string | undefined;
  error?: string; // why there is nothing
  row: (item: T, index: number) => JSX.Element;
}

// A list that opens on demand; nothing where there is nothing, and nothing went wrong.
function List<T>({ id, title, items, note, error = "", row }: ListProps<T>) {
  const [all, setAll] = useState(false);
  if (items.length === 0 && error === "") return null;
  const shown = all ? items : items.slice(0, FIRST);
  return (
    <section class="section" id={`section-${id}`} aria-labelledby={`section-${id}-title`}>
      <h2 id={`section-${id}-title`} tabIndex={-1}>
        {title}
        {error === "" && <span class="number">{items.length}</span>}
      </h2>
      {error !== "" && <p class="notice">{error}</p>}
      {note && <p class="quiet">{note}</p>}
      <ul class="records case">{shown.map(row)}</ul>
      {items.length > shown.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show all {items.length}
        </button>
      )}
    </section>
  );
}

export function OpenItems({ file, now }: { file: File; now: number }) {
  return (
    <List
      id="open"
      title="Open items"
      items={file.open_items}
      row={(item, i) => (
        <li key={i} class="case-row">
          <strong>{item.title}</strong>
          <span>{[item.status, item.detail].filter(Boolean).join(", ")}</span>
          {dueText(item.due_on, item.overdue_days) && (
            <span class={item.overdue_days > 0 ? "overdue" : ""}>{dueText(item.due_on, item.overdue_days)}</span>
          )}
          {item.responsible && <span>{`To act: ${item.responsible}`}</span>}
          <OriginLine origin={item.origin} now={now} />
        </li>
      )}
    />
  );
}

export function CaseFile({ file, now }: { file: File; now: number }) {
  return (
    <>
      <List
        id="conditions"
        title="Conditions"
        items={file.conditions}
        row={(condition, i) => (
          <li key={i} class="case-row">
            <strong>{condition.title}</strong>
            <span>{condition.text}</span>
            {condition.on && <span>{`Since ${day(condition.on)}`}</span>}
            <OriginLine origin={condition.origin} now={now} />
          </li>
        )}
      />
      <List
        id="involved"
        title="Who has a part in it"
        items={file.involved}
        row={(one, i) => (
          <li key={i} class="case-row">
            <strong>{one.name}</strong>
            <span>{sentenceCase(one.role)}</span>
            <OriginLine origin={one.origin} now={now} />
          </li>
        )}
      />
      <List
        id="history"
        title="History"
        items={file.history}
        note={file.history_cut ? "Only the newest are here." : undefined}
        row={(event, i) => (
          <li key={i} class="case-row">
            <strong>{`${day(event.on)}: ${event.what}`}</strong>
            {event.detail && <span>{event.detail}</span>}
            <OriginLine origin={event.origin} now={now} />
          </li>
        )}
      />
    </>
  );
}

interface WhoToCallProps {
  agencies: Responsible[];
  error?: string; // why nobody knows
  now: number;
}

export function WhoToCall({ agencies, error = "", now }: WhoToCallProps) {
  return (
    <List
      id="responsible"
      title="Who to call"
      items={agencies}
      error={error}
      row={(agency, i) => (
        <li key={i} class="case-row">
          <strong>{agency.topics.length > 0 ? sentenceCase(agency.topics.join(", ")) : sentenceCase(agency.layer)}</strong>
          <span>{[agency.agency, agency.district].filter(Boolean).join(", ")}</span>
          {agency.phone && (
            <a class="phone" href={`tel:${agency.phone}`}>
              {agency.phone}
            </a>
          )}
          {agency.after_hours_phone && agency.after_hours_phone !== agency.phone && (
            <a class="phone" href={`tel:${agency.after_hours_phone}`}>
              {`${agency.after_hours_phone} after hours`}
            </a>
          )}
          <OriginLine origin={agency.origin} now={now} />
        </li>
      )}
    />
  );
}
