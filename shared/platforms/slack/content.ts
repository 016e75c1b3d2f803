import { lostFile } from "../../schema/content.ts";
import { entriesOf, type Fields, fieldsOf, textIn, wordsIn } from "../../schema/json-fields.ts";
import type { InboundPart, QuotedMessage } from "../inbound-event.ts";
import { filePart, quotedMessage, textPart, urlReference } from "../inbound-parts.ts";
import { textOfBlocks, textOfTables } from "./blocks.ts";
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
  const attached = entriesOf(message["attachments"]).map(fieldsOf);
  const shared = attached.filter(isShared);
  const own = ownWords(message, attached);
  const words = own || shared.map(wordsOf).filter(Boolean).join("\n");
  const { text, mentions_bot } = saidText(words, us);
  const isOwn = own !== "";
  const files = [message, ...shared].flatMap(({ files: given }) => entriesOf(given).map(partOf));
  const content: InboundPart[] = [...(text.trim() === "" ? [] : [textPart(text)]), ...files];
  if (content.length === 0) return undefined;
  const quoted = isOwn ? shared.map((one) => quoteOf(one, us)).find(Boolean) : undefined;
  // Who passes on what mentions us does not speak to us.
  return { content, mentions_bot: isOwn && mentions_bot, ...(quoted && { quoted }) };
}

/** Whether an attachment is another message. */
const isShared = ({ is_share, is_msg_unfurl }: Fields) =>
  is_share === true || is_msg_unfurl === true;

/** Whether it is what a link leads to, or another message: nothing that was written here. */
const isFromElsewhere = (attachment: Fields) =>
  isShared(attachment) ||
  attachment["from_url"] !== undefined ||
  attachment["is_app_unfurl"] === true;

/** What somebody wrote, and the tables that they pasted. */
function ownWords(message: Fields, attached: readonly Fields[]): string {
  const text = wordsIn(textIn(message["text"])?.trim());
  const pasted = attached
    .filter((one) => !isFromElsewhere(one))
    .flatMap(({ blocks }) => entriesOf(blocks));
  const beside = text === undefined ? pasted : [...entriesOf(message["blocks"]), ...pasted];
  return [text ?? textOfBlocks(message["blocks"]), textOfTables(beside)]
    .filter(Boolean)
    .join("\n\n");
}

/** What a message that was passed on said: some are of blocks alone. */
const wordsOf = ({ text, message_blocks }: Fields): string =>
  wordsIn(text) ??
  textOfBlocks(
    entriesOf(message_blocks).flatMap((one) =>
      entriesOf(fieldsOf(fieldsOf(one)["message"])["blocks"]),
    ),
  );

function quoteOf(message: Fields, us: Ourselves): QuotedMessage | undefined {
  const [message_id, words] = [wordsIn(message["ts"]), wordsOf(message)];
  if (message_id === undefined || words === "") return undefined;
  const from_bot = us.user_ids.has(textIn(message["author_id"]) ?? "");
  return quotedMessage(message_id, from_bot, saidText(words, us).text);
}

function partOf(value: unknown): InboundPart {
  const file = fieldsOf(value);
  const name = wordsIn(file["name"]) ?? wordsIn(file["title"]) ?? null;
  const lost = (why: string) => textPart(lostFile(name, why));
  const { mode, file_access, size } = file;
  const mime_type = wordsIn(file["mimetype"]) ?? null;
  if (mode === "external") return lost("It is not kept by Slack.");
  if (mode === "tombstone") return lost("It was deleted.");
  if (mode === "hidden_by_limit") return lost("It is older than the plan of the workspace shows.");
  // It comes as a page, like the one to sign in that who lacks the scope is shown.
  if (mime_type?.startsWith("application/vnd.slack-")) {
    return lost("Slack keeps it as a page, not as a file.");
  }
  if (file_access === "check_file_info") return lost("It belongs to another workspace.");
  return filePart("Slack", {
    name,
    mime_type,
    size,
    reference: urlReference(file["url_private_download"]),
  });
}
