// The nearest hydrants, each with distance, direction and whether it gives water. The numbers are those on the map.
import { useEffect, useState } from "preact/hooks";
import { api, isAbort, sentence, type NearReply, type NearResult } from "../api";
import { dataChanges, device } from "../state/device";
import { nearest } from "../state/nearest";
import { useStore } from "../state/store";
import { compass, count, distance, month, sentenceCase } from "../words";
import { HydrantIcon, Icon } from "./icons";

const FIRST = 4;
// NFPA 291: the colour of the bonnet tells the flow class.
const FLOW_CLASS: { [color: string]: string } = {
  BLUE: "1,500 gpm or more",
  GREEN: "1,000 to 1,499 gpm",
  ORANGE: "500 to 999 gpm",
  RED: "under 500 gpm",
};

function flowText(hydrant: NearResult): string {
  if (hydrant.flow_gpm) return `${count(Math.round(hydrant.flow_gpm))} gpm`;
  const flow = FLOW_CLASS[(hydrant.color ?? "").toUpperCase()];
  return flow ? `${sentenceCase((hydrant.color ?? "").toLowerCase())}, ${flow}` : "flow not known";
}

function Hydrant({ hydrant, number }: { hydrant: NearResult; number: number }) {
  const works = hydrant.status !== "out_of_service";
  const unknown = hydrant.status !== "in_service" && works;
  return (
    <li class={`near ${works ? "" : "dead"}`}>
      <span class="near-number">{number}</span>
      <HydrantIcon works={works} size={30} />
      <span class="near-text">
        <span class="near-title">{hydrant.title}</span>
        <span class={`near-status ${works ? "" : "bad"}`}>
          {works ? flowText(hydrant) : "Out of service"}
          {unknown ? ", state not known" : ""}
          {hydrant.last_inspected && works ? `, checked ${month(hydrant.last_inspected)}` : ""}
        </span>
      </span>
      <span class="near-way">
        <span class="near-distance">{distance(hydrant.distance_m)}</span>
        <span class="near-bearing">
          <Icon name="arrow" size={18} turn={Math.round(hydrant.bearing_deg)} />
          {compass(hydrant.bearing_deg)}
        </span>
      </span>
    </li>
  );
}

export function NearList({ property }: { property: string | null }) {
  const { status, reach } = useStore(device);
  const changes = useStore(dataChanges);
  const [reply, setReply] = useState<NearReply | null>(null);
  const [error, setError] = useState("");
  const [all, setAll] = useState(false);
  const hasFix = (status?.position.fix ?? "none") !== "none";
  // Away from a place the list follows the vehicle, anew about every hundred metres.
  const around =
    property === null && hasFix ? `${status?.position.lat?.toFixed(3)} ${status?.position.lon?.toFixed(3)}` : "";
  const ready = reach === "answering" && (property !== null || hasFix);

  useEffect(() => {
    setReply(null);
    setError("");
  }, [property]);

  useEffect(() => {
    if (!ready) return;
    const abort = new AbortController();
    api.hydrants(property, abort.signal).then(
      (found) => {
        setReply(found);
        setError("");
      },
      (failure: unknown) => {
        if (!isAbort(failure)) setError(sentence(failure));
      },
    );
    return () => abort.abort();
  }, [property, ready, changes, around]);

  useEffect(() => {
    nearest.set(reply?.results.slice(0, all ? undefined : FIRST) ?? []);
    return () => nearest.set([]);
  }, [reply, all]);

  const results = reply?.results ?? [];
  const shown = all ? results : results.slice(0, FIRST);
  return (
    <section class="section" id="section-hydrants" aria-labelledby="hydrants-title">
      <h2 id="hydrants-title" tabIndex={-1}>
        Nearest hydrants
      </h2>
      {reply && (
        <p class="quiet">
          {`Straight-line distance from ${reply.from.what === "property" ? "the property" : "this vehicle"}`}
        </p>
      )}
      {shown.length > 0 && (
        <ol class="records near-list">
          {shown.map((hydrant, i) => (
            <Hydrant key={hydrant.id} hydrant={hydrant} number={i + 1} />
          ))}
        </ol>
      )}
      {results.length > shown.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show {results.length} hydrants
        </button>
      )}
      {error !== "" && <p class="notice">{error}</p>}
      {!reply && error === "" && (
        <p class="quiet">
          {property === null && !hasFix
            ? "No GPS fix: search for a place to see the hydrants near it."
            : "Looking for hydrants."}
        </p>
      )}
      {reply && results.length === 0 && <p class="notice">No hydrant is known near here.</p>}
    </section>
  );
}
