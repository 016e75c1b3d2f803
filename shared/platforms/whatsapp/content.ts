import { lostFile } from "../../schema/content.ts";
import { entriesOf, type Fields, fieldsOf, textIn, wordsIn } from "../../schema/json-fields.ts";
import { typeOf } from "../download-file.ts";
import type { InboundMessage, InboundPart } from "../inbound-event.ts";

/** What a message says. */
interface Said {
  readonly content: readonly InboundPart[];
  readonly choice?: InboundMessage["metadata"]["choice"];
  /** Whether it is of a kind that backends are not asked about. */
  readonly is_kept: boolean;
}

/** Reads what a message says; undefined of one that says nothing, or that changes an earlier one. */
export function contentOf(message: Fields): Said | undefined {
  const type = wordsIn(message["type"]) ?? "unsupported";
  const kind = wordsIn(fieldsOf(message["unsupported"])["type"]) ?? type;
  if (changes.has(kind)) return undefined;
  if (type === "button" || type === "interactive") return choiceIn(fieldsOf(message[type]));
  const read = kinds.get(type);
  if (!read) return kept(kind);
  const content = read(fieldsOf(message[type]), message);
  return content.length > 0 ? { content, is_kept: false } : undefined;
}

/** What people do to messages instead of writing one. */
const changes = new Set(["reaction", "edit", "revoke"]);

const kept = (kind: string): Said => {
  // What is not like the name of a kind is nobody's.
  const name = /^\w{1,40}$/.test(kind) ? kind : "unsupported";
  return { content: [textPart(`[${name}]`)], is_kept: true };
};

const textPart = (text: string): InboundPart => ({ type: "text", text });

/** What was pressed: a button under a template, or a choice that a message of ours gave. A form brings what was filled in. */
function choiceIn(given: Fields): Said | undefined {
  const { type, button_reply, list_reply, nfm_reply, text, payload } = given;
  if (nfm_reply !== undefined) {
    const { response_json, body } = fieldsOf(nfm_reply);
    const filled = wordsIn(response_json) ?? wordsIn(body) ?? "";
    return { content: [textPart(`[form] ${filled}`.trimEnd())], is_kept: false };
  }
  const reply = fieldsOf(button_reply ?? list_reply);
  const title = wordsIn(reply["title"]) ?? wordsIn(text);
  if (title === undefined) return kept(wordsIn(type) ?? "interactive");
  const id = wordsIn(reply["id"]) ?? wordsIn(payload) ?? title;
  return { content: [textPart(title)], choice: { id, title }, is_kept: false };
}

type ReadKind = (given: Fields, message: Fields) => readonly InboundPart[];

const kinds: ReadonlyMap<string, ReadKind> = new Map<string, ReadKind>([
  ["text", ({ body }) => textsOf(body)],
  ["image", (given) => withCaption(given, fileOf(given, "photo", true))],
  ["video", (given) => withCaption(given, fileOf(given, "video"))],
  ["document", (given) => withCaption(given, fileOf(given, "document"))],
  ["audio", (given) => [fileOf(given, "audio")]],
  ["voice", (given) => [fileOf(given, "voice message")]],
  ["sticker", (given) => [stickerOf(given)]],
  ["location", (given) => [placeOf(given)]],
  ["contacts", (_, { contacts }) => entriesOf(contacts).map(contactOf)],
  ["order", (given) => [orderOf(given)]],
]);

const textsOf = (text: unknown): readonly InboundPart[] =>
  textIn(text)?.trim() ? [textPart(String(text))] : [];

const withCaption = ({ caption }: Fields, file: InboundPart) => [...textsOf(caption), file];

function fileOf({ id, mime_type, filename }: Fields, what: string, is_image = false): InboundPart {
  const name = wordsIn(filename) ?? null;
  const media_id = wordsIn(id);
  if (media_id === undefined) {
    return textPart(lostFile(name ?? what, "WhatsApp did not say where it is."));
  }
  const type = typeOf(wordsIn(mime_type));
  return {
    type: "file",
    is_image,
    name,
    mime_type: type,
    size: null,
    file: { media_id, ...(type !== null && { mime_type: type }) },
  };
}

/** An animated one is no picture that models can see, and comes without the emoji that it stands for. */
const stickerOf = (given: Fields): InboundPart =>
  given["animated"] === true ? textPart("[sticker]") : fileOf(given, "sticker", true);

function placeOf({ latitude, longitude, name, address }: Fields): InboundPart {
  const words = [name, address].flatMap((part) => wordsIn(part) ?? []).join(", ");
  return textPart(`[location] ${String(latitude)},${String(longitude)} ${words}`.trimEnd());
}

function contactOf(given: unknown): InboundPart {
  const { name, phones } = fieldsOf(given);
  const { formatted_name, first_name, last_name } = fieldsOf(name);
  const parts = [first_name, last_name].flatMap((part) => wordsIn(part) ?? []).join(" ");
  const numbers = entriesOf(phones).flatMap((phone) => wordsIn(fieldsOf(phone)["phone"]) ?? []);
  const words = [wordsIn(formatted_name) ?? parts, ...numbers].filter(Boolean).join(", ");
  return textPart(`[contact] ${words}`.trimEnd());
}

function orderOf({ product_items, text }: Fields): InboundPart {
  const items = entriesOf(product_items).map((item) => {
    const { product_retailer_id, quantity, item_price, currency } = fieldsOf(item);
    const price = `${String(item_price)} ${String(currency)}`;
    return `${String(quantity)} × ${String(product_retailer_id)} (${price})`;
  });
  const said = [`[order] ${items.join(", ")}`.trimEnd(), wordsIn(text) ?? ""];
  return textPart(said.join("\n").trimEnd());
}
