import { withoutEnd } from "../../runtime/without-end.ts";
import { outsideCode, outsideFences } from "../markdown-code.ts";
import { tablesAsCode } from "../markdown-tables.ts";

/**
 * GitHub's Markdown as Discord shows it: tables as blocks of code, headings below the third level in bold, pictures as
 * links. Of the whole text before it is cut.
 */
export const discordMarkdown = (markdown: string) =>
  outsideCode(
    outsideFences(tablesAsCode(markdown), (lines) => lines.map(boldHeading)),
    withoutPictures,
  );

function boldHeading(line: string): string {
  const [, rest] = /^ {0,3}#{4,6}[ \t](.*)$/.exec(line) ?? [];
  if (rest === undefined) return line;
  const opened = withoutEnd(rest.trim(), "#");
  const words = /[ \t]$/.test(opened) ? opened.trim() : rest.trim();
  return words === "" ? "" : `**${words.replaceAll("**", "")}**`;
}

const withoutPictures = (text: string) =>
  text.replace(/(?<!\\)!\[\]\(([^\s()]+)\)/g, "$1").replace(/(?<!\\)!(?=\[[^[\]\n]*\]\()/g, "");
