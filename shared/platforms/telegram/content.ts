import { entriesOf, type Fields, fieldsOf, textIn, wordsIn } from "../../schema/json-fields.ts";
import type { Account } from "../adapter.ts";
import { mostFileBytes } from "../download-file.ts";
import type { InboundPart } from "../inbound-event.ts";
import { contactPart, filePart, joined, placePart, textPart } from "../inbound-parts.ts";
import { flatRichMessage } from "./rich-text.ts";
import { saidText } from "./said-text.ts";

/** What a message says. */
interface Said {
  readonly content: readonly InboundPart[];
  readonly mentions_bot: boolean;
  /** Whether it is of a kind that backends are not asked about. */
  readonly is_kept: boolean;
}

/** Reads what a message says; undefined of a service message, which says nothing. */
export function contentOf(message: Fields, account: Account | null): Said | undefined {
  const rich =
    message["rich_message"] === undefined ? undefined : flatRichMessage(message["rich_message"]);
  const words = rich?.text ?? textIn(message["text"]) ?? textIn(message["caption"]) ?? "";
  const entities = rich?.entities ?? message["entities"] ?? message["caption_entities"];
  const { text, mentions_bot } = saidText(words, entities, account);
  const files = rich ? rich.files.flatMap((block) => partOf(block) ?? []) : [partOf(message)];
  const content = [text.trim() === "" ? undefined : textPart(text), ...files].filter(
    (part) => part !== undefined,
  );
  if (content.length > 0) return { content, mentions_bot, is_kept: false };
  const kept = keptKinds.find((kind) => message[kind] !== undefined);
  return kept && { content: [textPart(`[${kept}]`)], mentions_bot, is_kept: true };
}

/** Kinds of messages that people send and that no words stand for. All others without a form are service messages. */
const keptKinds = [
  "story",
  "checklist",
  "gift",
  "unique_gift",
  "game",
  "invoice",
  "paid_media",
  "giveaway",
  "giveaway_winners",
] as const;

/** What stands beside the words of a message. Some kinds come with a second one for old clients: the first counts. */
function partOf(message: Fields): InboundPart | undefined {
  for (const [kind, read] of kinds) {
    if (message[kind] !== undefined) return read(message[kind]);
  }
  return undefined;
}

const kinds: readonly (readonly [string, (value: unknown) => InboundPart])[] = [
  ["live_photo", (value) => fileOf(value, "live photo", "video/mp4")],
  ["photo", (sizes) => fileOf(largestOf(sizes), "photo", "image/jpeg", true)],
  ["animation", (value) => fileOf(value, "animation", "video/mp4")],
  ["document", (value) => fileOf(value, "document", null)],
  ["video", (value) => fileOf(value, "video", "video/mp4")],
  ["video_note", (value) => fileOf(value, "video note", "video/mp4")],
  ["voice", (value) => fileOf(value, "voice message", "audio/ogg")],
  ["voice_note", (value) => fileOf(value, "voice message", "audio/ogg")],
  ["audio", (value) => fileOf(value, "audio", "audio/mpeg")],
  ["sticker", stickerOf],
  ["venue", placeOf],
  ["location", (location) => placeOf({ location })],
  ["contact", contactOf],
  ["poll", pollOf],
  ["dice", (value) => textPart(`[dice] ${String(fieldsOf(value)["value"])}`)],
];

function fileOf(value: unknown, kind: string, usual: string | null, is_image = false): InboundPart {
  const { file_id, file_name, mime_type, file_size: size } = fieldsOf(value);
  const id = wordsIn(file_id);
  return filePart("Telegram", {
    name: wordsIn(file_name) ?? null,
    kind,
    mime_type: wordsIn(mime_type) ?? usual,
    is_image,
    size,
    reference: id === undefined ? undefined : { file_id: id },
  });
}

/** The largest of the sizes that can be fetched. */
const largestOf = (sizes: unknown) =>
  entriesOf(sizes)
    .map(fieldsOf)
    .filter(({ file_size }) => !(Number(file_size) > mostFileBytes))
    .sort((one, other) => Number(one["width"]) - Number(other["width"]))
    .at(-1);

function stickerOf(value: unknown): InboundPart {
  const { is_animated, is_video, emoji } = fieldsOf(value);
  const isStill = is_animated !== true && is_video !== true;
  return isStill
    ? fileOf(value, "sticker", "image/webp", true)
    : textPart(wordsIn(emoji) ?? "[sticker]");
}

function placeOf(value: unknown): InboundPart {
  const { location, title, address } = fieldsOf(value);
  return placePart(fieldsOf(location), [title, address]);
}

function contactOf(value: unknown): InboundPart {
  const { first_name, last_name, phone_number } = fieldsOf(value);
  return contactPart(joined([first_name, last_name]), [phone_number]);
}

function pollOf(value: unknown): InboundPart {
  const { question, options } = fieldsOf(value);
  const answers = entriesOf(options).map((option) => fieldsOf(option)["text"]);
  return textPart(`[poll] ${wordsIn(question) ?? ""}: ${joined(answers, " / ")}`);
}
