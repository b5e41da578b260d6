// The two things a crew does, under the thumb: the visit and the observation.
import { useState } from "preact/hooks";
import { crew, openVisit } from "../state/crew";
import { hasDraft } from "../state/draft";
import { openProperty, place } from "../state/place";
import { useStore } from "../state/store";
import { clock } from "../words";
import { Icon } from "./icons";
import { RecordSheet } from "./record_sheet";
import { FinishVisit, StartVisit } from "./visit_sheet";

type Open = "record" | "start" | "finish" | null;

export function ActionBar() {
  const { id, view } = useStore(place);
  const visit = useStore(openVisit);
  useStore(crew); // a saved observation ends its draft
  const [open, setOpen] = useState<Open>(null);
  const title = view ? view.title || view.address : "This place";
  const close = () => setOpen(null);
  const atVisit = visit !== null && visit.property === id;
  const draft = open === null && hasDraft(id);
  return (
    <div class="action-bar" role="region" aria-label="Record">
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
          <button type="button" class="button quiet-button" onClick={() => setOpen("finish")}>
            Finish
          </button>
        </div>
      )}
      <div class="action-buttons">
        {id && !visit && (
          <button type="button" class="button" disabled={!view} onClick={() => setOpen("start")}>
            <Icon name="flag" size={22} />
            Start visit
          </button>
        )}
        <button type="button" class="button primary" onClick={() => setOpen("record")}>
          <Icon name="pen" size={22} />
          <span>
            {draft ? "Continue" : "Record"} <span class="rest">{draft ? "draft" : "observation"}</span>
          </span>
        </button>
      </div>
      {open === "record" && <RecordSheet property={id} title={title} onClose={close} />}
      {open === "start" && id && <StartVisit property={id} title={title} onClose={close} />}
      {open === "finish" && visit && <FinishVisit visit={visit} onClose={close} />}
    </div>
  );
}
