// A photo, file or voice note on its way to the device: its small picture first, then the whole.
import { ApiProblem, attach, isAbort, sentence, Unreachable, type Status } from "../api";
import { bytes } from "../words";
import type { DraftAttachment } from "./draft";

const MAX_BYTES = 200_000_000;
const THUMBNAIL_BYTES = 20_000;
const THUMBNAIL_PIXELS = [320, 240, 160]; // of the longer side
const QUALITIES = [0.75, 0.6, 0.45, 0.3];

export const TOO_BIG = `It is larger than ${bytes(MAX_BYTES)}, the most that one attachment may have. Record a shorter one, or take photos instead.`;

// A JPEG of at most about 20 kB; null for what this browser cannot show.
async function thumbnailOf(file: File): Promise<Blob | null> {
  if (!file.type.startsWith("image/")) return null;
  let image: ImageBitmap;
  try {
    image = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
  try {
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d");
    if (!pen) return null;
    for (const pixels of THUMBNAIL_PIXELS) {
      const scale = Math.min(1, pixels / Math.max(image.width, image.height));
      canvas.width = Math.max(1, Math.round(image.width * scale));
      canvas.height = Math.max(1, Math.round(image.height * scale));
      pen.fillStyle = "#fff"; // JPEG knows no transparency
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      for (const quality of QUALITIES) {
        const small = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
        if (small && small.size <= THUMBNAIL_BYTES) return small;
      }
    }
    return null;
  } finally {
    image.close();
  }
}

// "audio/webm;codecs=opus" is audio/webm: the device takes a bare type.
function mediaType(file: File): string {
  const [type = ""] = file.type.split(";");
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) ? type : "application/octet-stream";
}

// The end of a long name tells more, and at most 60 characters are at most 240 bytes.
function shortName(name: string): string {
  return [...name].slice(-60).join("");
}

export async function upload(file: File, sent: (share: number) => void, signal: AbortSignal): Promise<DraftAttachment> {
  if (file.size > MAX_BYTES) throw new ApiProblem(413, "Too large", TOO_BIG);
  const small = await thumbnailOf(file);
  const total = file.size + (small?.size ?? 0);
  const before = small?.size ?? 0;
  const thumbnail = small && (await attach(small, true, (gone) => sent(gone / total), signal));
  const kept = await attach(file, false, (gone) => sent((before + gone) / total), signal);
  return {
    sha256: kept.sha256,
    bytes: kept.bytes,
    media_type: mediaType(file),
    name: shortName(file.name),
    ...(thumbnail ? { thumbnail: thumbnail.sha256 } : {}),
  };
}

// Why it is not kept, and what helps; null when the person stopped it. A refusal in the middle of a file may be lost
// with the connection: then the room that the device tells of is the likely reason.
export function uploadFailure(error: unknown, file: File, status: Status | null): string | null {
  if (isAbort(error)) return null;
  if (file.size > MAX_BYTES) return TOO_BIG;
  if (file.size === 0) return "The file is empty.";
  const room = status?.storage.attachment_room_bytes ?? file.size;
  if (error instanceof ApiProblem && error.status === 507) return `${sentence(error)} ${WORDS_ARE_KEPT}`;
  if (error instanceof Unreachable) return room < file.size ? NO_ROOM : "The device did not answer. Try again.";
  return sentence(error);
}

const WORDS_ARE_KEPT = "Your words can be saved all the same.";

export const NO_ROOM = `There is no room for photos and files on this device. Connect this vehicle to the hub until some are sent, then attach again. ${WORDS_ARE_KEPT}`;
