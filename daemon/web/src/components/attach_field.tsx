// Photos, voice notes and files of what is being recorded. Each goes to the device at once and is then named by the
// draft, so that a reload loses none; one that arrives after its panel was closed is found in the draft.
import { useEffect, useRef, useState } from "preact/hooks";
import { device } from "../state/device";
import { edited, type Draft } from "../state/draft";
import type { Kept } from "../state/kept";
import { useStore } from "../state/store";
import { NO_ROOM, upload, uploadFailure } from "../state/upload";
import { bytes } from "../words";
import { AttachmentSign } from "./attachments";
import { Icon, type IconName } from "./icons";

const MOST = 50;

const SOURCES: { icon: IconName; label: string; accept?: string; capture?: "environment" | "user" }[] = [
  { icon: "camera", label: "Photo", accept: "image/*", capture: "environment" },
  { icon: "voice", label: "Voice note", accept: "audio/*", capture: "user" },
  { icon: "clip", label: "File" },
];

interface Upload {
  number: number;
  file: File;
  share: number; // 0 to 1
  failure: string; // empty while it goes
  stop: AbortController;
}

let lastNumber = 0;

interface Props {
  store: Kept<Draft>;
  onBusy: (busy: boolean) => void;
}

export function AttachField({ store, onBusy }: Props) {
  const { attachments } = useStore(store);
  const { status } = useStore(device);
  const [uploads, setUploads] = useState<Upload[]>([]);
  const inputs = useRef<(HTMLInputElement | null)[]>([]);
  const going = uploads.some((item) => item.failure === "");
  useEffect(() => onBusy(going), [going]);

  const update = (number: number, part: Partial<Upload>) =>
    setUploads((all) => all.map((item) => (item.number === number ? { ...item, ...part } : item)));
  const drop = (number: number) => setUploads((all) => all.filter((item) => item.number !== number));

  const begin = async (file: File) => {
    const number = ++lastNumber;
    const stop = new AbortController();
    setUploads((all) => [...all, { number, file, share: 0, failure: "", stop }]);
    try {
      const kept = await upload(file, (share) => update(number, { share }), stop.signal);
      const known = store.value.attachments;
      if (!known.some((item) => item.sha256 === kept.sha256))
        store.set(edited(store.value, { attachments: [...known, kept] }));
      drop(number);
    } catch (error) {
      const failure = uploadFailure(error, file, device.value.status);
      if (failure === null) drop(number);
      else update(number, { failure });
    }
  };
  const chosen = (input: HTMLInputElement) => {
    const files = [...(input.files ?? [])].slice(0, MOST - attachments.length - uploads.length);
    input.value = ""; // the same file may be chosen again after a failure
    for (const file of files) void begin(file);
  };
  const remove = (sha256: string) =>
    store.set(edited(store.value, { attachments: store.value.attachments.filter((item) => item.sha256 !== sha256) }));

  return (
    <fieldset class="attach">
      <legend>Photos, voice notes and files</legend>
      <div class="attach-keys">
        {SOURCES.map(({ icon, label, accept, capture }, i) => (
          <span key={label} class="attach-source">
            <button
              type="button"
              class="button"
              disabled={attachments.length + uploads.length >= MOST}
              onClick={() => inputs.current[i]?.click()}
            >
              <Icon name={icon} size={22} />
              {label}
            </button>
            <input
              ref={(input) => {
                inputs.current[i] = input;
              }}
              type="file"
              hidden
              data-source={label}
              multiple={!capture}
              {...(accept ? { accept } : {})}
              {...(capture ? { capture } : {})}
              onChange={(event) => chosen(event.currentTarget)}
            />
          </span>
        ))}
      </div>
      {status?.storage.attachment_room_bytes === 0 && <p class="notice bad">{NO_ROOM}</p>}
      {(attachments.length > 0 || uploads.length > 0) && (
        <ul class="attached" aria-label="Attached">
          {attachments.map((item) => (
            <li key={item.sha256} class="attached-item">
              <AttachmentSign attachment={{ ...item, thumbnail: item.thumbnail ?? null }} />
              <span class="attached-text">
                <span class="attached-name">{item.name || item.media_type}</span>
                <span class="quiet">{`${bytes(item.bytes)}, on this device`}</span>
              </span>
              <button
                type="button"
                class="icon-button"
                aria-label={`Take off ${item.name || item.media_type}`}
                onClick={() => remove(item.sha256)}
              >
                <Icon name="close" size={22} />
              </button>
            </li>
          ))}
          {uploads.map((item) => (
            <li key={item.number} class="attached-item" data-failed={item.failure !== ""}>
              <Icon name={item.failure === "" ? "outbox" : "alert"} size={26} />
              <span class="attached-text">
                <span class="attached-name">{item.file.name}</span>
                {item.failure === "" && (
                  <progress aria-label={`Storing ${item.file.name}`} value={Math.round(item.share * 100)} max={100} />
                )}
              </span>
              {item.failure !== "" && item.file.size > 0 && (
                <button
                  type="button"
                  class="icon-button"
                  aria-label={`Try ${item.file.name} again`}
                  onClick={() => {
                    drop(item.number);
                    void begin(item.file);
                  }}
                >
                  <Icon name="retry" size={22} />
                </button>
              )}
              <button
                type="button"
                class="icon-button"
                aria-label={item.failure === "" ? `Stop ${item.file.name}` : `Dismiss ${item.file.name}`}
                onClick={() => {
                  item.stop.abort();
                  drop(item.number);
                }}
              >
                <Icon name="close" size={22} />
              </button>
              {item.failure !== "" && (
                <span class="bad" role="alert">
                  <strong>Not attached.</strong> {item.failure}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
    </fieldset>
  );
}
