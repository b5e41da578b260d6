// Whose word a fact is, how old, and what speaks against relying on it.
import type { Origin, Staleness } from "../api";
import { clockOf, device } from "../state/device";
import { useStore } from "../state/store";
import { age, sentenceCase } from "../words";
import { Icon } from "./icons";
import { StateChip } from "./state_chip";

const STALE: { [staleness in Staleness]?: string } = {
  late: "Its source is late",
  stale: "Its source has not delivered for long",
};

// Crews' own work is as of when it was recorded: nobody delivers it anew.
const FIELD = "field";

export function StalenessChip({ staleness }: { staleness: Staleness }) {
  const text = STALE[staleness];
  if (!text) return null;
  return (
    <span class={`chip ${staleness === "stale" ? "bad" : "wait"}`} data-staleness={staleness}>
      <Icon name="clock" size={16} />
      {text}
    </span>
  );
}

export function OriginLine({ origin, now }: { origin: Origin; now: number }) {
  const { source, as_of, link, staleness } = origin;
  // Without a clock that is said once, for all.
  const hasClock = clockOf(useStore(device)) === "set";
  const isOpen = staleness === "unknown" && source.id !== FIELD && hasClock;
  const said = `${sentenceCase(origin.kind)}, ${source.title || source.id}, ${age(as_of, now)}`;
  return (
    <span class="origin">
      {isOpen ? <span data-staleness="unknown">{`${said}, nobody says how current`}</span> : said}
      <StalenessChip staleness={origin.staleness} />
      {link.doubtful && (
        <span class="chip wait">
          <Icon name="alert" size={16} />
          {`May belong to another address, ${Math.round(link.confidence * 100)} % sure`}
        </span>
      )}
      <StateChip state={origin.state} />
    </span>
  );
}
