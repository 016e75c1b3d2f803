import { outsideCode, outsideFences } from "./code.ts";

/** GitHub's Markdown with its tables as blocks of code, for those who know none. Half a table is none: before a text is cut. */
export const tablesAsCode = (markdown: string) =>
  outsideFences(markdown, (lines) => {
    const blocks: string[] = [];
    for (let at = 0; at < lines.length; at += 1) {
      const rows = tableAt(lines, at);
      if (rows.length === 0) {
        blocks.push(lines[at] ?? "");
      } else {
        blocks.push("```", ...aligned(rows), "```");
        // The line under the head is no row.
        at += rows.length;
      }
    }
    return blocks;
  });

/** The rows of the table that begins here, its head first; none where there is none. */
function tableAt(lines: readonly string[], at: number): readonly (readonly string[])[] {
  const [head = "", under = ""] = lines.slice(at, at + 2);
  if (!head.includes("|") || !under.includes("|")) return [];
  const width = cellsOf(head).length;
  const marks = cellsOf(under);
  if (marks.length !== width || !marks.every((mark) => /^:?-+:?$/.test(mark))) return [];
  const rows = [cellsOf(head)];
  for (let next = at + 2; (lines[next] ?? "").includes("|"); next += 1) {
    rows.push(cellsOf(lines[next] ?? "").slice(0, width));
  }
  return rows;
}

const cellsOf = (line: string) =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => wordsOf(cell.trim()));

/** What is read in a cell: in a block of code its marks would be read too. */
const wordsOf = (cell: string) =>
  outsideCode(cell, withoutMarks).replaceAll("`", "").replaceAll("\\|", "|");

const withoutMarks = (text: string) =>
  text
    .replace(/!?\[([^[\]]*)\]\(([^\s()]+)\)/g, (_, words: string, url: string) =>
      words === "" || words === url ? url : `${words} (${url})`,
    )
    .replace(/\*\*|~~/g, "");

/** Rows under each other, with a line under the head. */
function aligned([head = [], ...rest]: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rest].map((row) => length(row[column] ?? ""))),
  );
  const lineOf = (row: readonly string[]) =>
    widths
      .map((width, column) => padded(row[column] ?? "", width))
      .join(" | ")
      .trimEnd();
  const under = widths.map((width) => "-".repeat(width)).join("-|-");
  return [lineOf(head), under, ...rest.map(lineOf)];
}

const length = (text: string) => Array.from(text).length;
const padded = (text: string, width: number) => text + " ".repeat(width - length(text));
