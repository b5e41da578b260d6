// What was recorded from this vehicle, newest first, each with how far it has got.
import { useState } from "preact/hooks";
import type { Attachment, Observation, Said } from "../api";
import { crew, type Visit } from "../state/crew";
import { present } from "../state/draft";
import { openProperty, place } from "../state/place";
import { useStore } from "../state/store";
import { moment, sentenceCase, simpleValue } from "../words";
import { Attachments } from "./attachments";
import { RecordSheet } from "./record_sheet";
import { StateChip } from "./state_chip";

const FIRST = 3;

interface Item {
  id: string;
  at: string;
  title: string;
  text: string;
  severity: string;
  property: string | null;
  state: Observation["state"];
  reason?: string | undefined;
  place: string;
  attachments: Attachment[];
  superseded: { at: string; text: string; why: string }[]; // the newest first; `why` it was corrected
  observation: Observation | null;
}

function saidText(said: Said): string {
  const values = Object.entries(said.values).map(
    ([name, value]) => `${sentenceCase(name)} ${simpleValue(name, value) ?? ""}`,
  );
  return [said.note, ...values].filter(Boolean).join(". ");
}

function fromObservation(item: Observation): Item {
  const now = present(item);
  const versions = [item, ...item.corrections];
  const last = versions.at(-1) ?? item;
  return {
    id: item.id,
    at: item.recorded_at,
    title: sentenceCase(now.kind),
    text: saidText(now),
    severity: now.severity ?? "info",
    property: item.property,
    state: last.state,
    reason: last.reason,
    place: item.position?.fix === "none" ? "no position" : "",
    attachments: now.attachments,
    superseded: item.corrections
      .map((correction, i) => ({
        at: correction.recorded_at,
        text: [sentenceCase(versions[i]?.kind ?? ""), saidText(versions[i] ?? item)].filter(Boolean).join(". "),
        why: correction.why,
      }))
      .reverse(),
    observation: item,
  };
}

function fromVisit(item: Visit): Item {
  const over = item.finished
    ? `Finished${item.result ? `: ${sentenceCase(item.result).toLowerCase()}` : ""}`
    : "Started";
  return {
    id: item.id,
    at: item.recorded_at,
    title: "Visit",
    text: [item.purpose, over].filter(Boolean).join(". "),
    severity: "info",
    property: item.property,
    state: item.state,
    place: "",
    attachments: [],
    superseded: [],
    observation: null,
  };
}

export function CrewList({ property, now }: { property: string | null; now: number }) {
  const { property: about, visits, observations } = useStore(crew);
  const { view } = useStore(place);
  const [all, setAll] = useState(false);
  const [corrects, setCorrects] = useState<Observation | null>(null);
  if (about !== property) return null;
  const items = [...observations.map(fromObservation), ...visits.map(fromVisit)].sort((a, b) => (a.at < b.at ? 1 : -1));
  if (items.length === 0) return null;
  const shown = all ? items : items.slice(0, FIRST);
  return (
    <section class="section" id="section-crew" aria-labelledby="crew-title">
      <h2 id="crew-title" tabIndex={-1}>
        Recorded from this vehicle
        {items.length > 1 && <span class="number">{items.length}</span>}
      </h2>
      <ul class="records">
        {shown.map((item) => (
          <li key={item.id} class="record own" data-id={item.id}>
            <div class="own-body">
              <span class="record-title">
                {item.title}
                {item.severity !== "info" && (
                  <span class={`severity ${item.severity}`}>{sentenceCase(item.severity)}</span>
                )}
              </span>
              {item.text && <span class="record-summary">{item.text}</span>}
              <span class="record-meta">{[moment(item.at, now), item.place].filter(Boolean).join(", ")}</span>
              <span class="chips">
                <StateChip state={item.state} reason={item.reason} />
              </span>
              {item.superseded.map((before) => (
                <p key={before.at} class="superseded">
                  {`Corrected ${moment(before.at, now)}: ${before.why} Superseded: `}
                  <del>{before.text}</del>
                </p>
              ))}
              <Attachments attachments={item.attachments} />
            </div>
            {item.observation && (
              <button
                type="button"
                class="button quiet-button"
                aria-label={`Correct: ${item.text || item.title}`}
                onClick={() => setCorrects(item.observation)}
              >
                Correct
              </button>
            )}
            {property === null && item.property && (
              <button type="button" class="button quiet-button" onClick={() => openProperty(item.property ?? "")}>
                Open place
              </button>
            )}
          </li>
        ))}
      </ul>
      {items.length > shown.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show all {items.length}
        </button>
      )}
      {corrects && (
        <RecordSheet
          property={corrects.property}
          title={view && view.id === corrects.property ? view.title || view.address : "The place where it was recorded"}
          corrects={corrects}
          onClose={() => setCorrects(null)}
        />
      )}
    </section>
  );
}
