// What is around the vehicle while no place is open: the nearest hydrants, and who answers for what.
import { useEffect, useState } from "preact/hooks";
import { api, isAbort, sentence, type NearReply, type Responsible } from "../api";
import { clockOf, dataChanges, device } from "../state/device";
import { useNow, useStore } from "../state/store";
import { WhoToCall } from "./case_file";
import { Hydrants } from "./hydrants";

// Who answers around there, or why that is not known.
interface Agencies {
  around: string;
  results: Responsible[];
  error: string;
}

const nobody: Agencies = { around: "", results: [], error: "" };

export function NearList() {
  const state = useStore(device);
  const { status, reach } = state;
  const changes = useStore(dataChanges);
  const [reply, setReply] = useState<NearReply | null>(null);
  const [agencies, setAgencies] = useState<Agencies>(nobody);
  const [error, setError] = useState("");
  const now = useNow(60_000);
  const hasFix = (status?.position.fix ?? "none") !== "none";
  // The list follows the vehicle, anew about every hundred metres.
  const around = hasFix ? `${status?.position.lat?.toFixed(3)} ${status?.position.lon?.toFixed(3)}` : "";
  const ready = reach === "answering" && hasFix;
  const clock = clockOf(state); // what is late is told by it

  useEffect(() => {
    if (!ready) return;
    const abort = new AbortController();
    api.hydrants(abort.signal).then(
      (found) => {
        setReply(found);
        setError("");
      },
      (failure: unknown) => {
        if (!isAbort(failure)) setError(sentence(failure));
      },
    );
    api.responsible(abort.signal).then(
      ({ results }) => setAgencies({ around, results, error: "" }),
      (failure: unknown) => {
        if (!isAbort(failure)) setAgencies({ around, results: [], error: sentence(failure) });
      },
    );
    return () => abort.abort();
  }, [ready, changes, around, clock]);
  // Whoever answered at the last place may answer for nothing here.
  const { results, error: agenciesError } = ready && agencies.around === around ? agencies : nobody;

  return (
    <>
      <section class="section" id="section-hydrants" aria-labelledby="hydrants-title">
        <h2 id="hydrants-title" tabIndex={-1}>
          Nearest hydrants
        </h2>
        {reply && <Hydrants hydrants={reply.results} from="this vehicle" now={now} />}
        {error !== "" && <p class="notice">{error}</p>}
        {!reply && error === "" && (
          <p class="quiet">
            {hasFix ? "Looking for hydrants." : "No GPS fix: search for a place to see the hydrants near it."}
          </p>
        )}
      </section>
      <WhoToCall agencies={results} error={agenciesError} now={now} />
    </>
  );
}
