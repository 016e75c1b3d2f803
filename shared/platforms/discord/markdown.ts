import { outsideCode, outsideFences } from "../../markdown/code.ts";
import { headingIn } from "../../markdown/headings.ts";
import { tablesAsCode } from "../../markdown/tables.ts";

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
  const { level = 0, words = "" } = headingIn(line) ?? {};
  if (level < 4) return line;
  return words === "" ? "" : `**${words.replaceAll("**", "")}**`;
}

const withoutPictures = (text: string) =>
  text.replace(/(?<!\\)!\[\]\(([^\s()]+)\)/g, "$1").replace(/(?<!\\)!(?=\[[^[\]\n]*\]\()/g, "");
