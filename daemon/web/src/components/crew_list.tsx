// What was recorded from this vehicle, newest first, each with how far it has got.
import { useState } from "preact/hooks";
import type { Observation } from "../api";
import { crew, type Visit } from "../state/crew";
import { openProperty } from "../state/place";
import { useStore } from "../state/store";
import { moment, sentenceCase, simpleValue } from "../words";
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
  place: string;
}

function fromObservation(item: Observation): Item {
  const values = Object.entries(item.values ?? {}).map(
    ([name, value]) => `${sentenceCase(name)} ${simpleValue(name, value) ?? ""}`,
  );
  return {
    id: item.id,
    at: item.recorded_at,
    title: sentenceCase(item.kind),
    text: [item.note, ...values].filter(Boolean).join(". "),
    severity: item.severity ?? "info",
    property: item.property,
    state: item.state,
    place: item.position?.fix === "none" ? "no position" : "",
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
  };
}

export function CrewList({ property, now }: { property: string | null; now: number }) {
  const { property: about, visits, observations } = useStore(crew);
  const [all, setAll] = useState(false);
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
                <StateChip state={item.state} />
              </span>
            </div>
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
    </section>
  );
}
