// The state of the box, always in sight: link, what waits to be sent, position quality, whether power may be cut.
// Touching it opens the details.
import { useState } from "preact/hooks";
import { device, oldestUnsent, waitingCount, type DeviceState } from "../state/device";
import { useNow, useStore } from "../state/store";
import { LINK_NAMES, millis, positionQuality, span } from "../words";
import { Icon, type IconName } from "./icons";
import { SyncDetails } from "./sync_details";

interface Item {
  key: string;
  icon: IconName;
  text: string;
  tone: "good" | "wait" | "bad" | "plain";
}

function linkItem(state: DeviceState, now: number): Item {
  if (state.reach === "silent") return { key: "link", icon: "offline", text: "Device silent", tone: "bad" };
  const link = state.status?.link;
  if (!link) return { key: "link", icon: "offline", text: "Opening", tone: "plain" };
  if (link.state === "connected" && link.hub !== "absent") {
    const carrier = link.uplinks.find((uplink) => uplink.in_use);
    const paused = link.held.some((item) => item.reason === "paused");
    const text = [
      carrier && carrier.kind !== "unknown" ? LINK_NAMES[carrier.kind] : "Connected",
      paused ? "paused" : "",
    ]
      .filter(Boolean)
      .join(", ");
    return { key: "link", icon: "link", text, tone: paused ? "wait" : "good" };
  }
  if (link.state === "connected") return { key: "link", icon: "link", text: "Hub not answering", tone: "wait" };
  const since = millis(link.since);
  const length = since === null ? "" : ` ${span((now - since) / 1000)}`;
  return {
    key: "link",
    icon: "offline",
    text: link.state === "connecting" ? "Connecting" : `Offline${length}`,
    tone: "wait",
  };
}

function outboxItem(state: DeviceState, now: number): Item {
  if (!state.status) return { key: "outbox", icon: "outbox", text: "", tone: "plain" };
  const waiting = waitingCount(state);
  const files = state.status.attachments.waiting;
  if (waiting === 0 && files > 0)
    return { key: "outbox", icon: "outbox", text: `${files} ${files === 1 ? "file" : "files"} to send`, tone: "wait" };
  if (waiting === 0) return { key: "outbox", icon: "check", text: "All sent", tone: "good" };
  const oldest = oldestUnsent(state, now) ?? 0;
  return {
    key: "outbox",
    icon: "outbox",
    text: `${waiting} to send${oldest < 60 ? "" : `, ${span(oldest)}`}`,
    tone: "wait",
  };
}

function powerItem(state: DeviceState): Item {
  const safe = state.status?.safe_to_switch_off ?? false;
  return {
    key: "power",
    icon: "power",
    text: safe ? "Safe to switch off" : "Keep power on",
    tone: safe ? "good" : "wait",
  };
}

function positionItem(state: DeviceState): Item {
  if (!state.status) return { key: "position", icon: "target", text: "", tone: "plain" };
  const { text, good } = positionQuality(state.status.position);
  return { key: "position", icon: "target", text, tone: good ? "good" : "wait" };
}

export function SyncBar() {
  const state = useStore(device);
  const now = useNow(5_000);
  const [open, setOpen] = useState(false);
  const silent = state.reach === "silent";
  const known: Item[] = silent
    ? []
    : [outboxItem(state, now), positionItem(state), ...(state.status ? [powerItem(state)] : [])];
  const items = [linkItem(state, now), ...known].filter((item) => item.text !== "");
  return (
    <div class="sync" role="region" aria-label="State of this device">
      <button type="button" class="sync-bar" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {items.map((item) => (
          <span key={item.key} class={`sync-item ${item.tone}`} data-part={item.key}>
            <Icon name={item.icon} size={20} />
            <span>{item.text}</span>
          </span>
        ))}
        <span class="sync-more">
          <span class="only-wide">{state.status?.device}</span>
          <Icon name="down" size={18} />
        </span>
      </button>
      {open && <SyncDetails onClose={() => setOpen(false)} />}
    </div>
  );
}
