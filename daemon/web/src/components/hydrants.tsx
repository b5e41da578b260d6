// The nearest hydrants that work, each with its flow class, distance, direction and last test. The numbers are those on
// the map.
import { useEffect, useState } from "preact/hooks";
import type { FlowClass, Hydrant } from "../api";
import { nearest } from "../state/nearest";
import { compass, count, distance, month, sentenceCase } from "../words";
import { HydrantIcon, Icon } from "./icons";
import { OriginLine } from "./origin_line";

const FIRST = 4;
// NFPA 291: the colour of the bonnet tells the flow class.
const FLOW_CLASS: { [flow in FlowClass]: string } = {
  blue: "1,500 gpm or more",
  green: "1,000 to 1,499 gpm",
  orange: "500 to 999 gpm",
  red: "under 500 gpm",
  unknown: "flow not known",
};

function flowText({ flow_gpm, flow_class }: Hydrant): string {
  const flow = flow_class ?? "unknown";
  if (flow === "unknown") return "Flow not known";
  return `${sentenceCase(flow)}, ${flow_gpm ? `${count(Math.round(flow_gpm))} gpm` : FLOW_CLASS[flow]}`;
}

function testText({ tested_on, last_inspected }: Hydrant): string {
  if (tested_on) return `Flow tested ${month(tested_on)}`;
  return last_inspected ? `Flow never tested, checked ${month(last_inspected)}` : "Flow never tested";
}

function Row({ hydrant, number, now }: { hydrant: Hydrant; number: number; now: number }) {
  return (
    <li class="near">
      <span class="near-number">{number}</span>
      <span class={`flow flow-${hydrant.flow_class ?? "unknown"}`}>
        <HydrantIcon works size={30} />
      </span>
      <span class="near-text">
        <span class="near-flow">{flowText(hydrant)}</span>
        <span class="near-title">{hydrant.title}</span>
        <span class="near-status">
          {testText(hydrant)}
          {hydrant.status === "in_service" ? "" : ". Nobody says whether it works."}
        </span>
      </span>
      <span class="near-way">
        <span class="near-distance">{distance(hydrant.distance_m)}</span>
        <span class="near-bearing">
          <Icon name="arrow" size={18} turn={Math.round(hydrant.bearing_deg)} />
          {compass(hydrant.bearing_deg)}
        </span>
      </span>
      <span class="near-origin">
        <OriginLine origin={hydrant.origin} now={now} />
      </span>
    </li>
  );
}

// `from`: "the property", "this vehicle".
export function Hydrants({ hydrants, from, now }: { hydrants: Hydrant[]; from: string; now: number }) {
  const [all, setAll] = useState(false);
  const shown = all ? hydrants : hydrants.slice(0, FIRST);
  useEffect(() => {
    nearest.set(shown);
    return () => nearest.set([]);
  }, [hydrants, all]);
  if (hydrants.length === 0) return <p class="notice">No hydrant that works is known near here.</p>;
  return (
    <>
      <p class="quiet">{`Straight-line distance from ${from}; the way along streets is longer`}</p>
      <ol class="records near-list">
        {shown.map((hydrant, i) => (
          <Row key={hydrant.id} hydrant={hydrant} number={i + 1} now={now} />
        ))}
      </ol>
      {hydrants.length > shown.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show {hydrants.length} hydrants
        </button>
      )}
    </>
  );
}
