import { lostFile } from "../../schema/content.ts";
import { entriesOf, type Fields, fieldsOf, textIn, wordsIn } from "../../schema/json-fields.ts";
import type { Account } from "../adapter.ts";
import { mostFileBytes, sizeIn, tooLargeFile } from "../download-file.ts";
import type { InboundPart } from "../inbound-event.ts";
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

const textPart = (text: string): InboundPart => ({ type: "text", text });

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

function fileOf(value: unknown, what: string, usual: string | null, is_image = false): InboundPart {
  const { file_id, file_name, mime_type, file_size } = fieldsOf(value);
  const name = wordsIn(file_name) ?? null;
  const lost = (why: string) => textPart(lostFile(name ?? what, why));
  if (Number(file_size) > mostFileBytes) return lost(tooLargeFile.message);
  const id = wordsIn(file_id);
  if (id === undefined) return lost("Telegram did not say where it is.");
  const type = wordsIn(mime_type) ?? usual;
  return {
    type: "file",
    is_image,
    name,
    mime_type: type,
    size: sizeIn(file_size),
    file: { file_id: id, ...(type && { mime_type: type }) },
  };
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
  const { latitude, longitude } = fieldsOf(location);
  const name = [title, address].flatMap((words) => wordsIn(words) ?? []).join(", ");
  return textPart(`[location] ${String(latitude)},${String(longitude)} ${name}`.trimEnd());
}

function contactOf(value: unknown): InboundPart {
  const { first_name, last_name, phone_number } = fieldsOf(value);
  const name = [first_name, last_name].flatMap((words) => wordsIn(words) ?? []).join(" ");
  return textPart(`[contact] ${[name, wordsIn(phone_number) ?? ""].filter(Boolean).join(", ")}`);
}

function pollOf(value: unknown): InboundPart {
  const { question, options } = fieldsOf(value);
  const answers = entriesOf(options).flatMap((option) => wordsIn(fieldsOf(option)["text"]) ?? []);
  return textPart(`[poll] ${wordsIn(question) ?? ""}: ${answers.join(" / ")}`);
}
