import { firstUnits } from "../../runtime/first-units.ts";
import type { Attachment } from "../../schema/content.ts";
import { entriesOf, fieldsOf, wordsIn } from "../../schema/json-fields.ts";
import type { AdapterDeps } from "../adapter.ts";
import { fileNameOf, typeOf } from "../download-file.ts";
import type { Done } from "../failure.ts";
import type { Address } from "../inbound-event.ts";
import type { Outgoing, Piece, Sent } from "../outgoing.ts";
import { callWhatsApp, type WhatsAppCredentials } from "./call-whatsapp.ts";
import { whatsAppText } from "./text.ts";

/** Sends one piece. WhatsApp gives its tag back with what becomes of it. */
export async function sendPiece(
  deps: AdapterDeps,
  credentials: WhatsAppCredentials,
  { piece, address, tag }: Outgoing,
): Promise<Sent> {
  const { message_id } = address;
  const sent = await post(deps, credentials, {
    ...placeOf(address),
    ...(piece.is_first && message_id !== undefined && { context: { message_id } }),
    ...bodyOf(piece),
    biz_opaque_callback_data: tag,
  });
  if (!sent.ok) return sent;
  const [message] = entriesOf(sent.fields["messages"]);
  return { ok: true, id: wordsIn(fieldsOf(message)["id"]) ?? null };
}

/** Shows for 25 seconds that the bot is typing, which marks the message that it answers as read. */
export async function showTyping(
  deps: AdapterDeps,
  credentials: WhatsAppCredentials,
  { message_id }: Address,
): Promise<Done> {
  const typing_indicator = { type: "text" };
  const shown = await post(deps, credentials, { status: "read", message_id, typing_indicator });
  return shown.ok ? { ok: true } : shown;
}

const post = (deps: AdapterDeps, credentials: WhatsAppCredentials, message: object) =>
  callWhatsApp(deps, credentials, {
    method: "POST",
    path: `${credentials.phone_number_id}/messages`,
    json: { messaging_product: "whatsapp", ...message },
  });

/** A group, a phone number, or of somebody whose number we are not told the id that WhatsApp made for this business. */
function placeOf({ group_id, to, recipient }: Address) {
  if (group_id !== undefined) return { recipient_type: "group", to: group_id };
  return { recipient_type: "individual", ...(to === undefined ? { recipient } : { to }) };
}

function bodyOf(piece: Piece) {
  if (piece.type === "attachment") return mediaOf(piece.attachment);
  const body = piece.form === "marked" ? whatsAppText(piece.text) : piece.text;
  return { type: "text", text: { body, preview_url: false } };
}

const mostCaptionUnits = 1_024;

/** What WhatsApp shows as such; every other kind of file goes as a document. */
const shown = /^(image\/(jpeg|png)|video\/(mp4|3gpp)|audio\/(aac|amr|mpeg|mp4|ogg))$/;

/** Names of files that are none of these. They are taken, and fail when WhatsApp has fetched them: then no link is sent. */
const otherName = /\.(avif|gif|heic|svg|webp|mov|webm|wav)$/i;

/** A file by its link, which WhatsApp fetches itself. */
function mediaOf(attachment: Attachment) {
  const { type: given, url: link, name, mime_type } = attachment;
  const mime = typeOf(mime_type);
  const isOther = mime === null ? otherName.test(fileNameOf(attachment)) : !shown.test(mime);
  const type = given === "file" || isOther ? "document" : given;
  if (type === "document") return { type, document: { link, filename: fileNameOf(attachment) } };
  const caption = type === "audio" ? undefined : name && firstUnits(name, mostCaptionUnits);
  return { type, [type]: { link, ...(caption && { caption }) } };
}
