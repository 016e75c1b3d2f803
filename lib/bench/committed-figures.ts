import { readFileSync, writeFileSync } from "node:fs";
import { say, shown, table } from "./say.ts";

const file = new URL("./committed-figures.json", import.meta.url);

/** The figures of a part that were committed. */
interface Committed {
  /** The machine's speed then, as `machineMs` gives it. */
  readonly machine_ms: number;
  /** By row, then by column. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** By part. */
type File = Record<string, Committed>;

/**
 * Prints a table whose first columns, so many, say what a row is about: below each row are the figures that were committed
 * for it, with the speed of their machine, so that ratios can be compared.
 */
export type ComparedTable = (
  title: string,
  names: number,
  heads: readonly string[],
  rows: readonly (readonly (string | number)[])[],
) => void;

/** The tables of a part on a machine of this speed. What `keeps` prints becomes what is to be committed. */
export const comparedTables =
  (part: string, machineMs: number, keeps: boolean): ComparedTable =>
  (title, names, heads, rows) => {
    // It is this function that writes it.
    const all = JSON.parse(readFileSync(file, "utf8")) as File;
    const { machine_ms, rows: committed = {} } = all[part] ?? {};
    const nameOf = (row: readonly (string | number)[]) => row.slice(0, names).join(", ");
    const figures = heads.slice(names);
    table(
      title,
      heads,
      rows.flatMap((row) => {
        const then = committed[nameOf(row)];
        if (!then) return [row];
        const [, ...rest] = row.slice(0, names);
        return [row, ["  committed", ...rest, ...figures.map((name) => then[name] ?? "–")]];
      }),
    );
    if (machine_ms !== undefined) say(`Committed on a machine of ${shown(machine_ms)} ms`);
    if (!keeps) return;
    const figuresOf = (row: readonly (string | number)[]) =>
      Object.fromEntries(
        figures.flatMap((name, index) => {
          const value = row[names + index];
          return typeof value === "number" ? [[name, Number(shown(value))]] : [];
        }),
      );
    const kept = Object.fromEntries(rows.map((row) => [nameOf(row), figuresOf(row)]));
    all[part] = {
      machine_ms: Number(shown(machineMs)),
      rows: { ...committed, ...kept },
    };
    writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  };
