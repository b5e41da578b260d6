// What is around the vehicle while no place is open: the nearest hydrants, and who answers for what.
import { useEffect, useState } from "preact/hooks";
import { api, isAbort, sentence, type NearReply, type Responsible } from "../api";
import { dataChanges, device } from "../state/device";
import { useNow, useStore } from "../state/store";
import { WhoToCall } from "./case_file";
import { Hydrants } from "./hydrants";

export function NearList() {
  const { status, reach } = useStore(device);
  const changes = useStore(dataChanges);
  const [reply, setReply] = useState<NearReply | null>(null);
  const [agencies, setAgencies] = useState<Responsible[]>([]);
  const [error, setError] = useState("");
  const now = useNow(60_000);
  const hasFix = (status?.position.fix ?? "none") !== "none";
  // The list follows the vehicle, anew about every hundred metres.
  const around = hasFix ? `${status?.position.lat?.toFixed(3)} ${status?.position.lon?.toFixed(3)}` : "";
  const ready = reach === "answering" && hasFix;

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
      (found) => setAgencies(found.results),
      () => undefined, // the hydrants say what is wrong
    );
    return () => abort.abort();
  }, [ready, changes, around]);

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
      <WhoToCall agencies={agencies} now={now} />
    </>
  );
}
