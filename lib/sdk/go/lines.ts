import { sentence } from "../words.ts";

/** A doc comment. Editors show it. */
export function comment(texts: readonly (string | undefined)[], indent = ""): readonly string[] {
  const given = texts
    .filter((text) => text !== undefined && text !== "")
    .map((text) => sentence(String(text)));
  if (given.length === 0) return [];
  return given
    .join("\n\n")
    .split("\n")
    .map((line) => `${indent}// ${line}`.trimEnd());
}

/** Lines of cells under each other, as gofmt puts them; those with a comment stand for themselves. */
export interface Row {
  readonly comment?: readonly string[];
  readonly cells: readonly string[];
}

/** Writes rows as gofmt does: lines that follow each other directly have their cells in columns. */
export function aligned(rows: readonly Row[], indent: string): readonly string[] {
  const lines: string[] = [];
  let run: (readonly string[])[] = [];
  const flush = () => {
    const widths: number[] = [];
    for (const cells of run) {
      cells.slice(0, -1).forEach((cell, index) => {
        widths[index] = Math.max(widths[index] ?? 0, cell.length);
      });
    }
    for (const cells of run) {
      const padded = cells.map((cell, index) =>
        index < cells.length - 1 ? cell.padEnd(widths[index] ?? 0) : cell,
      );
      lines.push(indent + padded.join(" "));
    }
    run = [];
  };
  for (const { comment: about = [], cells } of rows) {
    if (about.length > 0) {
      flush();
      lines.push(...about);
    }
    run.push(cells);
  }
  flush();
  return lines;
}

/** What fmt shows of it: bytes would be numbers, and some of it is a secret. */
export const printedLines = (name: string, raw: string): readonly string[] => [
  "// String gives its JSON without what is secret, for prints and logs.",
  `func (v ${name}) String() string { return printed(v.${raw}, v) }`,
  "",
];
