/** Prints a line. */
export const say = (text = ""): void => void process.stdout.write(`${text}\n`);

type Cell = string | number;

/** A number as tables show it: whole from 100 on, with one digit from 10 on, otherwise with two. */
export const shown = (value: number): string => {
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
};

const textOf = (cell: Cell) => (typeof cell === "number" ? shown(cell) : cell);

/** Prints rows under a heading: columns of numbers to the right, of text to the left. */
export function table(
  title: string,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
): void {
  const isNumeric = heads.map((_, column) => rows.every((row) => typeof row[column] === "number"));
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => textOf(row[column] ?? "").length)),
  );
  const line = (cells: readonly Cell[]) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumeric[column] ? textOf(cell).padStart(width) : textOf(cell).padEnd(width);
      })
      .join("  ")
      .trimEnd();
  say(`\n${title}`);
  say(line(heads));
  say(widths.map((width) => "-".repeat(width)).join("  "));
  for (const row of rows) say(line(row));
}
