import { lostFile } from "../../schema/content.ts";
import { entriesOf, type Fields, fieldsOf, textIn, wordsIn } from "../../schema/json-fields.ts";
import type { InboundPart, QuotedMessage } from "../inbound-event.ts";
import { filePart, quotedMessage, textPart, urlReference } from "../inbound-parts.ts";
import { textOfBlocks } from "./blocks.ts";
import { type Ourselves, saidText } from "./said-text.ts";

/** What a message says. */
interface Said {
  readonly content: readonly InboundPart[];
  readonly mentions_bot: boolean;
  /** A message that was passed on, with words of who did. */
  readonly quoted?: QuotedMessage;
}

/** Reads what a message says; undefined of one that says nothing that can be read. */
export function contentOf(message: Fields, us: Ourselves): Said | undefined {
  const shared = entriesOf(message["attachments"])
    .map(fieldsOf)
    .filter(({ is_share, is_msg_unfurl }) => is_share === true || is_msg_unfurl === true);
  const own = wordsIn(textIn(message["text"])?.trim()) ?? textOfBlocks(message["blocks"]);
  const words = own || shared.flatMap(({ text }) => wordsIn(text) ?? []).join("\n");
  const { text, mentions_bot } = saidText(words, us);
  const isOwn = own !== "";
  const files = [message, ...shared].flatMap(({ files: given }) => entriesOf(given).map(partOf));
  const content: InboundPart[] = [...(text.trim() === "" ? [] : [textPart(text)]), ...files];
  if (content.length === 0) return undefined;
  const quoted = isOwn ? shared.map((one) => quoteOf(one, us)).find(Boolean) : undefined;
  // Who passes on what mentions us does not speak to us.
  return { content, mentions_bot: isOwn && mentions_bot, ...(quoted && { quoted }) };
}

function quoteOf({ ts, text, author_id }: Fields, us: Ourselves): QuotedMessage | undefined {
  const [message_id, words] = [wordsIn(ts), wordsIn(text)];
  if (message_id === undefined || words === undefined) return undefined;
  const from_bot = us.user_ids.has(textIn(author_id) ?? "");
  return quotedMessage(message_id, from_bot, saidText(words, us).text);
}

function partOf(value: unknown): InboundPart {
  const file = fieldsOf(value);
  const name = wordsIn(file["name"]) ?? wordsIn(file["title"]) ?? null;
  const lost = (why: string) => textPart(lostFile(name, why));
  const { mode, file_access, size } = file;
  if (mode === "external") return lost("It is not kept by Slack.");
  if (mode === "tombstone") return lost("It was deleted.");
  if (mode === "hidden_by_limit") return lost("It is older than the plan of the workspace shows.");
  if (file_access === "check_file_info") return lost("It belongs to another workspace.");
  return filePart("Slack", {
    name,
    mime_type: wordsIn(file["mimetype"]) ?? null,
    size,
    reference: urlReference(file["url_private_download"]),
  });
}
