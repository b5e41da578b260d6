// The attachments of what was recorded: a small picture or a sign, how far each has got, and the whole on touch.
import { useState } from "preact/hooks";
import { attachmentUrl, type Attachment } from "../api";
import { bytes } from "../words";
import { Icon, type IconName } from "./icons";
import { Sheet } from "./sheet";

const STATES: { [state in Attachment["state"]]: { icon: IconName; text: string; tone: string } } = {
  waiting: { icon: "clock", text: "Not sent yet", tone: "wait" },
  sent: { icon: "check", text: "The hub has it", tone: "good" },
  not_here: { icon: "box", text: "Not on this device any more", tone: "" },
};

function title({ name, media_type }: Pick<Attachment, "name" | "media_type">): string {
  return name || media_type;
}

export function AttachmentSign({ attachment }: { attachment: Pick<Attachment, "media_type" | "thumbnail"> }) {
  const [broken, setBroken] = useState(false);
  const { media_type, thumbnail } = attachment;
  if (thumbnail && !broken) {
    return <img class="thumbnail" src={attachmentUrl(thumbnail)} alt="" onError={() => setBroken(true)} />;
  }
  const icon = media_type.startsWith("image/") ? "camera" : media_type.startsWith("audio/") ? "voice" : "page";
  return (
    <span class="thumbnail">
      <Icon name={icon} size={26} />
    </span>
  );
}

function Whole({ attachment, onClose }: { attachment: Attachment; onClose: () => void }) {
  const { sha256, media_type } = attachment;
  const url = attachmentUrl(sha256);
  const [broken, setBroken] = useState(false);
  return (
    <Sheet title={title(attachment)} onClose={onClose}>
      {media_type.startsWith("image/") && !broken && (
        <img class="whole" src={url} alt={title(attachment)} onError={() => setBroken(true)} />
      )}
      {media_type.startsWith("audio/") && <audio class="whole" src={url} controls aria-label={title(attachment)} />}
      {broken && <p class="notice">This browser cannot show it.</p>}
      <div class="actions">
        <a class="button" href={url} download={title(attachment)}>
          Save a copy
        </a>
        <p class="quiet">{`${media_type}, ${bytes(attachment.bytes)}`}</p>
      </div>
    </Sheet>
  );
}

export function Attachments({ attachments }: { attachments: Attachment[] }) {
  const [open, setOpen] = useState<Attachment | null>(null);
  if (attachments.length === 0) return null;
  return (
    <>
      <ul class="attached" aria-label="Attachments">
        {attachments.map((attachment) => {
          const { icon, text, tone } = STATES[attachment.state];
          return (
            <li key={attachment.sha256} data-attachment={attachment.state}>
              <button
                type="button"
                class="attached-item"
                disabled={attachment.state === "not_here"}
                onClick={() => setOpen(attachment)}
              >
                <AttachmentSign attachment={attachment} />
                <span class="attached-text">
                  <span class="attached-name">{title(attachment)}</span>
                  <span class="quiet">{bytes(attachment.bytes)}</span>
                  <span class={`chip ${tone}`}>
                    <Icon name={icon} size={16} />
                    {text}
                  </span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {open && <Whole attachment={open} onClose={() => setOpen(null)} />}
    </>
  );
}
