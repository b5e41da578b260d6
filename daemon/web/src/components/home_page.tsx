// What stands here before a place is opened: the nearest hydrants and the latest work.
import type { SearchResult } from "../api";
import { spot } from "../state/place";
import { useNow, useStore } from "../state/store";
import { sentenceCase } from "../words";
import { CrewList } from "./crew_list";
import { Icon } from "./icons";
import { NearList } from "./near_list";

function Spot({ result }: { result: SearchResult }) {
  return (
    <section class="section" aria-labelledby="spot-title">
      <div class="spot">
        <Icon name="pin" size={26} />
        <div>
          <h1 id="spot-title">{result.title}</h1>
          <p class="quiet">{[result.subtitle || sentenceCase(result.kind), result.why].filter(Boolean).join(". ")}</p>
          <p class="quiet">
            {result.position
              ? "Shown on the map. It belongs to no property on this device."
              : "It has no position and belongs to no property."}
          </p>
        </div>
        <button type="button" class="icon-button" aria-label="Close this result" onClick={() => spot.set(null)}>
          <Icon name="close" size={22} />
        </button>
      </div>
    </section>
  );
}

export function HomePage() {
  const result = useStore(spot);
  const now = useNow(60_000);
  return (
    <div class="home">
      {result ? (
        <Spot result={result} />
      ) : (
        <div class="welcome">
          <h1>Where are you going?</h1>
          <p class="quiet">
            Search for an address, a parcel number, a name or an asset tag. Half a word is enough, and it works without
            a network.
          </p>
        </div>
      )}
      <NearList />
      <CrewList property={null} now={now} />
    </div>
  );
}
