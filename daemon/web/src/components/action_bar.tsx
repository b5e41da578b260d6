// What a crew does, under the thumb: the visit, the observation, and its status with the SOS.
import { useEffect, useState } from "preact/hooks";
import { crew, openVisit, type OpenVisit } from "../state/crew";
import { hasDraft } from "../state/draft";
import { openProperty, place } from "../state/place";
import { useStore } from "../state/store";
import { clock } from "../words";
import { CrewStatusLine, CrewStatusSheet } from "./crew_status";
import { Icon } from "./icons";
import { RecordSheet } from "./record_sheet";
import { FinishVisit, StartVisit } from "./visit_sheet";

// The open panel, with what it is about: that stays, whatever becomes of the page behind it.
type Panel =
  | { what: "record"; property: string | null; title: string }
  | { what: "start"; property: string; title: string }
  | { what: "finish"; visit: OpenVisit }
  | { what: "status" };

export function ActionBar() {
  const { id, view } = useStore(place);
  const visit = useStore(openVisit);
  useStore(crew); // a saved observation ends its draft
  const [panel, setPanel] = useState<Panel | null>(null);
  const title = view ? view.title || view.address : "This place";
  const close = () => setPanel(null);
  const atVisit = visit !== null && visit.property === id;
  const draft = panel === null && hasDraft(id);
  useEffect(close, [id]); // Back leaves the place, and what was being done there
  return (
    <div class="action-bar" role="region" aria-label="Record">
      <CrewStatusLine />
      {visit && (
        <div class="visit-line">
          <Icon name="flag" size={20} />
          <span class="visit-text">
            <strong>{`${visit.purpose} since ${clock(visit.startedAt)}`}</strong>
            {!atVisit && ` at ${visit.title}`}
          </span>
          {!atVisit && (
            <button type="button" class="button quiet-button" onClick={() => openProperty(visit.property)}>
              Go there
            </button>
          )}
          <button type="button" class="button quiet-button" onClick={() => setPanel({ what: "finish", visit })}>
            Finish
          </button>
        </div>
      )}
      <div class="action-buttons">
        <button type="button" class="button sos-button" onClick={() => setPanel({ what: "status" })}>
          <span class="unseen">Status and </span>SOS
        </button>
        {id && !visit && (
          <button
            type="button"
            class="button"
            disabled={!view}
            onClick={() => setPanel({ what: "start", property: id, title })}
          >
            <Icon name="flag" size={22} />
            Start visit
          </button>
        )}
        <button type="button" class="button primary" onClick={() => setPanel({ what: "record", property: id, title })}>
          <Icon name="pen" size={22} />
          <span>
            {draft ? "Continue" : "Record"} <span class="rest">{draft ? "draft" : "observation"}</span>
          </span>
        </button>
      </div>
      {panel?.what === "record" && <RecordSheet property={panel.property} title={panel.title} onClose={close} />}
      {panel?.what === "start" && <StartVisit property={panel.property} title={panel.title} onClose={close} />}
      {panel?.what === "status" && <CrewStatusSheet onClose={close} />}
      {panel?.what === "finish" && <FinishVisit visit={panel.visit} onClose={close} />}
    </div>
  );
}
