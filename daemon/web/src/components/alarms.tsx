// What must not be overlooked, above everything else: nothing is being saved, the device is silent, the city is not
// loaded yet. The device's own sentences follow.
import { device, probe } from "../state/device";
import { useNow, useStore } from "../state/store";
import { clock } from "../words";
import { Icon } from "./icons";

export function Alarms() {
  const { status, reach, silentSince } = useStore(device);
  useNow(15_000);
  const data = status?.data;
  const answering = reach !== "silent";
  const loading = answering && (data?.state === "none" || data?.state === "fetching");
  const progress = data?.fetch;
  return (
    <div class="alarms">
      <div role="alert">
        {status && !status.journal.saved && (
          <p class="alarm bad" data-alarm="not-saved">
            <Icon name="alert" size={24} />
            <span>
              <strong>NOT SAVED.</strong> This device cannot store new records. {status.messages.join(" ")}
            </span>
          </p>
        )}
        {!answering && (
          <div class="alarm bad" data-alarm="silent">
            <Icon name="offline" size={24} />
            <span>
              <strong>The device does not answer</strong>
              {silentSince === null ? "" : ` since ${clock(silentSince / 1000)}`}. What you see may be old, and nothing can be saved
              now. What you type stays on this screen.
            </span>
            <button type="button" class="button" onClick={() => void probe()}>
              Try again
            </button>
          </div>
        )}
      </div>
      <div role="status">
        {loading && (
          <div class="alarm">
            <span>
              {progress && progress.chunks_total > 0
                ? `Fetching the city's data: ${progress.chunks_done} of ${progress.chunks_total} parts. You can record already.`
                : "This device has no city data yet. It fetches them when it reaches the hub. You can record already."}
            </span>
            {progress && progress.chunks_total > 0 && (
              <progress aria-label="City data" value={progress.chunks_done} max={progress.chunks_total} />
            )}
          </div>
        )}
        {answering && status?.journal.saved && status.messages.slice(0, 2).map((message) => (
          <p key={message} class="alarm">
            {message}
          </p>
        ))}
      </div>
    </div>
  );
}
