// Everything the device says of itself, in plain words, for the one who wonders why something waits.
import { useState } from "preact/hooks";
import { api, type Disk, type Power, sentence, type Status } from "../api";
import { device } from "../state/device";
import { useNow, useStore } from "../state/store";
import {
  age,
  budgetText,
  bytes,
  count,
  distance,
  laneText,
  LINK_NAMES,
  millis,
  moment,
  positionQuality,
  SEND_NAMES,
  sentenceCase,
  span,
  whyWaiting,
} from "../words";
import { Sheet } from "./sheet";

const LANES = { urgent: "Urgent", work: "Work", telemetry: "Box's own readings" } as const;
const TIME_QUALITY = {
  gnss: "from GPS",
  ntp: "from the network",
  rtc: "from the box's clock",
  build_floor: "not known, at least the day this software was built",
  none: "not known",
} as const;
const DATA_STATE = {
  none: "None yet",
  fetching: "Being fetched",
  ready: "Complete",
  catching_up: "Catching up",
} as const;
const PART_STATE = { ok: "Works", not_fitted: "Not fitted", broken: "Broken" } as const;

function lag(status: Status): number {
  return status.data.feeds.reduce((sum, feed) => sum + Math.max(0, feed.head - feed.cursor), 0);
}

function powerText({ ignition, supply_mv, off_in_s }: Power): string {
  const volts = (supply_mv / 1000).toFixed(1);
  const off = off_in_s === null ? "" : `, switches off within ${span(off_in_s)}`;
  return `Ignition ${ignition ? "on" : "off"}, ${volts} V${off}`;
}

function diskText({ read_only, wear_percent }: Disk): string {
  const wear = wear_percent === null ? "" : `, ${wear_percent} % of its life used up`;
  return `${read_only ? "Takes no writes" : "Takes writes"}${wear}`;
}

function linkText(status: Status, now: number): string {
  const { state, hub, since } = status.link;
  const at = millis(since);
  const length = at === null ? "" : ` for ${span((now - at) / 1000)}`;
  if (state === "connected") return `Connected${length}${hub === "absent" ? ", but the hub is not answering" : ""}`;
  return state === "connecting" ? "Connecting" : `Offline${length}`;
}

function positionText(status: Status): string {
  const { fix, satellites, age_s, accuracy_m } = status.position;
  if (fix === "none") return "No fix. Records are saved without a position.";
  const parts = [
    sentenceCase(fix.length <= 3 ? `${fix.toUpperCase()} fix` : fix === "dgnss" ? "differential fix" : fix),
    accuracy_m === undefined ? "" : `±${distance(accuracy_m)}`,
    satellites === undefined ? "" : `${satellites} satellites`,
    age_s === undefined ? "" : `${span(age_s)} old`,
  ];
  return parts.filter(Boolean).join(", ");
}

function Line({ name, children, tone = "" }: { name: string; children: preact.ComponentChildren; tone?: string }) {
  return (
    <div class="line">
      <dt>{name}</dt>
      <dd class={tone}>{children}</dd>
    </div>
  );
}

function ToSend({ status }: { status: Status }) {
  const { journal, attachments } = status;
  return (
    <>
      <h3>To send</h3>
      <dl class="lines" data-part="to-send">
        {journal.lanes.map((lane) => (
          <Line
            key={lane.lane}
            name={LANES[lane.lane] ?? sentenceCase(lane.lane)}
            tone={lane.waiting > lane.positions ? "wait" : ""}
          >
            {laneText(status, lane)}
          </Line>
        ))}
        <Line name="Photos and files" tone={attachments.waiting > 0 ? "wait" : ""}>
          {attachments.waiting === 0
            ? "Nothing waits"
            : `${count(attachments.waiting)} waiting, ${bytes(attachments.waiting_bytes)}. ${whyWaiting(status, "attachments")}`}
        </Line>
      </dl>
    </>
  );
}

function Links({ status, now }: { status: Status; now: number }) {
  const { uplinks, month, held } = status.link;
  const isHeld = (what: string) => held.some((item) => item.what === what);
  const names = Object.entries(SEND_NAMES);
  const goes = ["Urgent messages", ...names.filter(([what]) => !isHeld(what)).map(([, name]) => name)];
  const waits = names.filter(([what]) => isHeld(what)).map(([, name]) => name);
  const paused = held.some((item) => item.reason === "paused");
  return (
    <>
      <h3>Link</h3>
      <dl class="lines" data-part="link">
        <Line name="Hub">{linkText(status, now)}</Line>
        {uplinks.map((uplink) => (
          <Line key={uplink.name} name={LINK_NAMES[uplink.kind]}>
            {[uplink.up ? "Up" : "Down", uplink.in_use ? "in use" : "", uplink.metered ? "paid by the byte" : ""]
              .filter(Boolean)
              .join(", ")}
          </Line>
        ))}
        <Line name="May go now">{goes.join(", ")}</Line>
        {waits.length > 0 && (
          <Line name={paused ? "Paused" : "Held back"} tone="wait">
            {sentenceCase(waits.join(", "))}
          </Line>
        )}
        {month && (
          <Line name="Data this month" tone={month.left_bytes === 0 ? "wait" : ""}>
            {`${LINK_NAMES[month.kind]}: ${budgetText(month.used_bytes, month.left_bytes)}`}
            {month.attachments_left_bytes !== null &&
              `. Photos and files: ${budgetText(month.attachments_used_bytes, month.attachments_left_bytes)}`}
          </Line>
        )}
      </dl>
    </>
  );
}

function Storage({ status }: { status: Status }) {
  const { journal, storage, attachments } = status;
  return (
    <>
      <h3>Storage</h3>
      <dl class="lines" data-part="storage">
        <Line name="Saving" tone={journal.saved ? "" : "bad"}>
          {journal.saved ? "Works. Records are on disk before this page says saved." : "NOT SAVED"}
        </Line>
        <Line name="Free space">{bytes(storage.free_bytes)}</Line>
        <Line name="Records">{`${bytes(journal.used_bytes)} of ${bytes(journal.budget_bytes)}`}</Line>
        <Line name="Photos and files" tone={storage.attachment_room_bytes === 0 ? "bad" : ""}>
          {storage.attachment_room_bytes === 0
            ? "New ones are refused until some are sent or space is freed"
            : `${bytes(attachments.bytes)} of ${bytes(attachments.budget_bytes)}`}
        </Line>
        {!storage.reserve_held && (
          <Line name="Reserve" tone="bad">
            Given up: the last room is used for records
          </Line>
        )}
        {!journal.telemetry && (
          <Line name="Positions" tone="wait">
            Not recorded, so that there is room for records
          </Line>
        )}
      </dl>
    </>
  );
}

function Facts({ status, now }: { status: Status; now: number }) {
  const { data } = status;
  const behind = lag(status);
  return (
    <>
      <ToSend status={status} />
      <Links status={status} now={now} />
      <Storage status={status} />
      <h3>City data</h3>
      <dl class="lines">
        <Line name="City">{status.city || "not known yet"}</Line>
        <Line name="State">
          {DATA_STATE[data.state]}
          {data.fetch ? `, ${count(data.fetch.chunks_done)} of ${count(data.fetch.chunks_total)} parts` : ""}
        </Line>
        <Line name="As of">{data.as_of ? `${moment(data.as_of, now)} (${age(data.as_of, now)})` : "not known"}</Line>
        <Line name="Holds">{`${count(data.properties)} properties, ${count(data.records)} records`}</Line>
        {behind > 0 && <Line name="Behind">{`${count(behind)} changes to come`}</Line>}
      </dl>
      <h3>This box</h3>
      <dl class="lines">
        <Line name="Position" tone={positionQuality(status.position).good ? "" : "wait"}>
          {positionText(status)}
        </Line>
        <Line name="Time">{`${moment(status.time.utc, now)}, ${TIME_QUALITY[status.time.quality] ?? "not known"}`}</Line>
        {status.power && (
          <Line name="Power" tone={status.power.supply === "good" && status.power.off_in_s === null ? "" : "wait"}>
            {powerText(status.power)}
          </Line>
        )}
        {status.disk && (
          <Line name="Disk" tone={status.disk.read_only ? "bad" : ""}>
            {diskText(status.disk)}
          </Line>
        )}
        {status.parts.map((part) => (
          <Line key={part.name} name={sentenceCase(part.name)} tone={part.state === "broken" ? "bad" : ""}>
            {[PART_STATE[part.state] ?? part.state, part.detail].filter(Boolean).join(". ")}
          </Line>
        ))}
        <Line name="Device">{`${status.device}, version ${status.version}`}</Line>
      </dl>
    </>
  );
}

export function SyncDetails({ onClose }: { onClose: () => void }) {
  const state = useStore(device);
  const now = useNow(5_000);
  const [answer, setAnswer] = useState("");
  const tell = (asked: Promise<{ message: string }>) =>
    asked.then(
      (reply) => setAnswer(reply.message),
      (error: unknown) => setAnswer(sentence(error)),
    );
  const nudge = () => {
    setAnswer("Asking the device to try now.");
    tell(api.sync());
  };
  const link = state.status?.link;
  const kind = link?.month?.kind;
  const paused = link?.held.some((item) => item.reason === "paused") ?? false;
  return (
    <Sheet title="State of this device" onClose={onClose}>
      {state.status ? (
        <>
          {state.reach === "silent" && (
            <p class="notice bad">
              The device does not answer. This is what it said at {moment(state.receivedAt / 1000, now)}.
            </p>
          )}
          <p class="lead">
            {state.status.safe_to_switch_off
              ? "It is safe to switch this device off."
              : "Keep the power on: the device still has work to finish."}
          </p>
          {state.status.messages.map((message) => (
            <p key={message} class="notice">
              {message}
            </p>
          ))}
          <Facts status={state.status} now={now} />
        </>
      ) : (
        <p class="lead">The device has not answered yet.</p>
      )}
      <div class="actions">
        <button type="button" class="button" onClick={nudge}>
          Try to send now
        </button>
        {kind && (
          <button type="button" class="button" onClick={() => tell(api.pause(kind, !paused))}>
            {paused ? `End the pause of ${LINK_NAMES[kind]}` : `Pause ${LINK_NAMES[kind]}, but for urgent messages`}
          </button>
        )}
        <p class="quiet" role="status">
          {answer}
        </p>
      </div>
    </Sheet>
  );
}
