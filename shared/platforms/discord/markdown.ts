import { outsideCode, outsideFences } from "../../markdown/code.ts";
import { headingIn } from "../../markdown/headings.ts";
import { tablesAsCode } from "../../markdown/tables.ts";

/**
 * GitHub's Markdown as Discord shows it: tables as blocks of code, headings below the third level in bold, pictures as
 * links, and those under an address without marks. Of the whole text before it is cut.
 */
export const discordMarkdown = (markdown: string) =>
  outsideCode(
    outsideFences(tablesAsCode(markdown), (lines) => lines.map(boldHeading)),
    (text) => text.replace(pictureMark, "").replace(links, shownLink),
  );

function boldHeading(line: string): string {
  const { level = 0, words = "" } = headingIn(line) ?? {};
  if (level < 4) return line;
  return words === "" ? "" : `**${words.replaceAll("**", "")}**`;
}

// In turn: what is shown, an address, and a title.
const links =
  /(?<!\\)\[([^[\]\n]*)\]\(<?(\w+:\/\/(?:[^\s()<>]|\([^\s()<>]*\))+)>?(?: [^()\n]*)?\)/g;
const pictureMark = /(?<!\\)!(?=\[[^[\]\n]*\]\()/g;

/** One under an address is not taken for a link (https://github.com/discord/discord-api-docs/issues/7721). */
function shownLink(written: string, label: string, url: string): string {
  if (!label || url === label || url === `${label}/`) return url;
  return label.includes("://") ? `${label} (${url})` : written;
}
