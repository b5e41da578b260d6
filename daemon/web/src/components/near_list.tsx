// The hydrants nearest to the vehicle, while no place is open.
import { useEffect, useState } from "preact/hooks";
import { api, isAbort, sentence, type NearReply } from "../api";
import { dataChanges, device } from "../state/device";
import { useStore } from "../state/store";
import { Hydrants } from "./hydrants";

export function NearList() {
  const { status, reach } = useStore(device);
  const changes = useStore(dataChanges);
  const [reply, setReply] = useState<NearReply | null>(null);
  const [error, setError] = useState("");
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
    return () => abort.abort();
  }, [ready, changes, around]);

  return (
    <section class="section" id="section-hydrants" aria-labelledby="hydrants-title">
      <h2 id="hydrants-title" tabIndex={-1}>
        Nearest hydrants
      </h2>
      {reply && <Hydrants hydrants={reply.results} from="this vehicle" />}
      {error !== "" && <p class="notice">{error}</p>}
      {!reply && error === "" && (
        <p class="quiet">
          {hasFix ? "Looking for hydrants." : "No GPS fix: search for a place to see the hydrants near it."}
        </p>
      )}
    </section>
  );
}
