// What must not be overlooked, above everything else: nothing is being saved, the device is silent, the city is not
// loaded yet. The device's own sentences follow.
import { device, probe } from "../state/device";
import { useNow, useStore } from "../state/store";
import { clock, storageMessage } from "../words";
import { Icon } from "./icons";

const NOT_SAVED = /^NOT SAVED\W*/;
const PLAIN = 2; // sentences that are shown here

export function Alarms() {
  const { status, reach, silentSince } = useStore(device);
  useNow(15_000);
  const data = status?.data;
  const answering = reach !== "silent";
  const loading = answering && (data?.state === "none" || data?.state === "fetching");
  const progress = data?.fetch;
  const said = answering ? (status?.messages ?? []) : [];
  const notSaved = said.find((message) => NOT_SAVED.test(message));
  const storage = status && answering ? storageMessage(status) : undefined;
  const rest = said.filter((message) => message !== notSaved && message !== storage);
  const plain = rest.slice(0, PLAIN);
  if (rest.length > PLAIN) plain.push(`${rest.length - PLAIN} more under "State of this device".`);
  return (
    <div class="alarms">
      <div role="alert">
        {status && !status.journal.saved && (
          <p class="alarm bad" data-alarm="not-saved">
            <Icon name="alert" size={24} />
            <span>
              <strong>NOT SAVED.</strong>{" "}
              {notSaved?.replace(NOT_SAVED, "This device cannot store new records: ") ??
                "This device cannot store new records."}
            </span>
          </p>
        )}
        {storage && (
          <p class="alarm bad" data-alarm="storage">
            <Icon name="box" size={24} />
            <span>{storage}</span>
          </p>
        )}
        {!answering && (
          <div class="alarm bad" data-alarm="silent">
            <Icon name="offline" size={24} />
            <span>
              <strong>The device does not answer</strong>
              {silentSince === null ? "" : ` since ${clock(silentSince / 1000)}`}. Nothing can be saved now. What you
              type stays on this screen.
            </span>
            <button type="button" class="button" onClick={() => void probe()}>
              Try again
            </button>
          </div>
        )}
      </div>
      <div role="status">
        {(plain.length > 0 || loading) && (
          <div class="alarm">
            <span>
              {plain.length > 0 ? plain.join(" ") : "This device has no city data yet."}
              {loading ? " You can record already." : ""}
            </span>
            {progress && progress.chunks_total > 0 && (
              <progress aria-label="City data received" value={progress.chunks_done} max={progress.chunks_total} />
            )}
          </div>
        )}
      </div>
    </div>
  );
}
