import { entriesOf, type Fields, fieldsOf, textIn } from "../../schema/json-fields.ts";
import { escaped } from "./said-text.ts";

/** Lists are in sections and sections in lists; what is deeper than this is not from Slack. */
const mostLevels = 16;

/** What blocks say, as a text of Slack's; for messages that bring no other. */
export const textOfBlocks = (blocks: unknown): string =>
  entriesOf(blocks)
    .map((block) => textOf(fieldsOf(block), 0))
    .filter((text) => text.trim() !== "")
    .join("\n")
    .trim();

/** The same of the tables alone, which stand in no text: Slack makes one of cells that somebody pastes. */
export const textOfTables = (blocks: readonly unknown[]): string =>
  textOfBlocks(blocks.filter((block) => isTable(fieldsOf(block))));

const isTable = ({ type }: Fields) => type === "table" || type === "data_table";

/** The text of a block or of an element in one. */
function textOf(block: Fields, level: number): string {
  if (level > mostLevels) return "";
  const parts = (between: string) =>
    entriesOf(block["elements"])
      .map((element) => textOf(fieldsOf(element), level + 1))
      .join(between);
  switch (block["type"]) {
    case "rich_text":
      return parts("\n");
    case "rich_text_section":
      return parts("");
    case "rich_text_list":
      return entriesOf(block["elements"])
        .map((element) => `- ${textOf(fieldsOf(element), level + 1)}`)
        .join("\n");
    case "rich_text_quote":
      return parts("").replace(/^/gm, "&gt; ");
    case "rich_text_preformatted":
      return `\`\`\`\n${parts("")}\n\`\`\``;
    case "context":
      return parts(" ");
    case "section":
    case "header":
      return [block["text"], ...entriesOf(block["fields"])].map(objectText).join("\n").trim();
    case "table":
    case "data_table":
      return entriesOf(block["rows"])
        .map((row) => entriesOf(row).map((cell) => textOf(fieldsOf(cell), level + 1)))
        .map((cells) => cells.join(" | "))
        .join("\n");
    case "markdown":
      return escaped(textIn(block["text"]) ?? "");
    default:
      return elementText(block);
  }
}

/** A text object: its words are Slack's, or plain. */
function objectText(object: unknown): string {
  const { type, text } = fieldsOf(object);
  const words = textIn(text) ?? "";
  return type === "plain_text" ? escaped(words) : words;
}

/** What stands in a line of a rich text. */
function elementText(element: Fields): string {
  const word = (name: string) => escaped(textIn(element[name]) ?? "");
  switch (element["type"]) {
    case "text":
    case "raw_text":
      return word("text");
    case "raw_number":
      return word("text") || numberText(element["value"]);
    case "plain_text":
    case "mrkdwn":
      return objectText(element);
    case "link":
      return word("text") === "" ? `<${word("url")}>` : `<${word("url")}|${word("text")}>`;
    case "user":
      return `<@${word("user_id")}>`;
    case "usergroup":
      return `<!subteam^${word("usergroup_id")}>`;
    case "channel":
      return `<#${word("channel_id")}>`;
    case "broadcast":
      return `<!${word("range")}>`;
    case "emoji":
      return emoji(word("unicode")) ?? `:${word("name")}:`;
    case "date":
      return word("fallback");
    case "color":
      return word("value");
    default:
      return "";
  }
}

const numberText = (value: unknown) => (typeof value === "number" ? String(value) : "");

/** An emoji as the code points that Slack writes in hexadecimal digits. */
function emoji(unicode: string): string | undefined {
  if (!/^[0-9a-f]{2,6}(-[0-9a-f]{2,6})*$/i.test(unicode)) return undefined;
  const points = unicode.split("-").map((point) => Number.parseInt(point, 16));
  return points.every((point) => point <= 0x10ffff) ? String.fromCodePoint(...points) : undefined;
}
