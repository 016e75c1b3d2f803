import { entriesOf, type Fields, fieldsOf, textIn, wordsIn } from "../../schema/json-fields.ts";
import { typeOf } from "../download-file.ts";
import type { InboundMessage, InboundPart } from "../inbound-event.ts";
import { contactPart, filePart, joined, placePart, textPart } from "../inbound-parts.ts";

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
  ["location", (given) => [placePart(given, [given["name"], given["address"]])]],
  ["contacts", (_, { contacts }) => entriesOf(contacts).map(contactOf)],
  ["order", (given) => [orderOf(given)]],
]);

const textsOf = (text: unknown): readonly InboundPart[] =>
  textIn(text)?.trim() ? [textPart(String(text))] : [];

const withCaption = ({ caption }: Fields, file: InboundPart) => [...textsOf(caption), file];

function fileOf({ id, mime_type, filename }: Fields, kind: string, is_image = false): InboundPart {
  const media_id = wordsIn(id);
  return filePart("WhatsApp", {
    name: wordsIn(filename) ?? null,
    kind,
    mime_type: typeOf(wordsIn(mime_type)),
    is_image,
    reference: media_id === undefined ? undefined : { media_id },
  });
}

/** An animated one is no picture that models can see, and comes without the emoji that it stands for. */
const stickerOf = (given: Fields): InboundPart =>
  given["animated"] === true ? textPart("[sticker]") : fileOf(given, "sticker", true);

function contactOf(given: unknown): InboundPart {
  const { name, phones } = fieldsOf(given);
  const { formatted_name, first_name, last_name } = fieldsOf(name);
  const numbers = entriesOf(phones).map((phone) => fieldsOf(phone)["phone"]);
  return contactPart(wordsIn(formatted_name) ?? joined([first_name, last_name]), numbers);
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
