import { outsideCode } from "../../markdown/code.ts";

/**
 * GitHub's Markdown as Telegram's rich Markdown: what only the latter takes for a mark is escaped outside code, which is
 * a formula (`$`), a spoiler, a highlight and every tag. A picture becomes a link, or Telegram would fetch and embed it.
 */
export const richMarkdown = (markdown: string) => outsideCode(markdown, escaped);

// In turn: an escaped character, an address in angle brackets, a picture, and marks of Telegram's own.
const special = /\\.|<https?:\/\/[^\s<>]*>|!\[[^[\]]*\](?=[([])|!\[|\|{2,}|={2,}|[$<]/g;

const escaped = (text: string) => text.split("\n").map(escapedLine).join("\n");

function escapedLine(line: string): string {
  const isTableRow = line.trimStart().startsWith("|");
  return line.replace(special, (mark: string, place: number) => {
    if (mark.startsWith("\\")) return mark;
    if (mark.startsWith("<http")) return mark.slice(1, -1);
    if (mark.startsWith("![") && mark.length > 2) return linkOf(mark, line, place + mark.length);
    // An empty cell of a table, which is no spoiler.
    if (mark.startsWith("||") && isTableRow) return mark.split("").join(" ");
    return Array.from(mark, (character) => `\\${character}`).join("");
  });
}

/** A picture without a description becomes a link that says where it leads. */
function linkOf(mark: string, line: string, end: number): string {
  if (mark !== "![]") return mark.slice(1);
  const [, url = "picture"] = /^\(([^\s()]+)/.exec(line.slice(end, end + 2_048)) ?? [];
  return `[${url}]`;
}
