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

/** Rows under each other, with a line under the head. No cell is filled up to many times what cells have, which would be a flood. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const lengths = rows.map((row) => row.map(length));
  const all = lengths.flat();
  const most = Math.ceil((4 * all.reduce((sum, one) => sum + one, 0)) / all.length);
  const widths: number[] = [];
  for (const row of lengths) {
    for (const [column, one] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, Math.min(one, most));
    }
  }
  const [head = "", ...rest] = rows.map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join(" | ")
      .trimEnd(),
  );
  return [head, widths.map((width) => "-".repeat(width)).join("-|-"), ...rest];
}

const length = (text: string) => Array.from(text).length;
const padded = (text: string, width: number) =>
  text + " ".repeat(Math.max(0, width - length(text)));
