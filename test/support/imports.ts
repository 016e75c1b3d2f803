import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

/** One import of one file of the checkout. Files are named from the checkout's root; packages by their name. */
export interface Import {
  readonly from: string;
  /** A file of the checkout (`shared/bots/bot.ts`), a built-in (`node:fs`), or a package (`valibot`). */
  readonly to: string;
  readonly isTypeOnly: boolean;
}

const statement =
  /^(?:import|export)\s(type\s)?(?:[^"';]*?\sfrom\s)?\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;

/** Finds the imports in a file's text, which Prettier has formatted. */
export function importsIn(from: string, text: string): readonly Import[] {
  return [...text.matchAll(statement)].flatMap(([, type, named, dynamic]) => {
    const specifier = named ?? dynamic;
    if (specifier === undefined) return [];
    return [{ from, to: targetOf(from, specifier), isTypeOnly: type !== undefined }];
  });
}

function targetOf(from: string, specifier: string): string {
  if (specifier.startsWith("#")) return `${specifier.slice(1)}.ts`;
  if (specifier.startsWith(".")) return posix.join(dirname(from), specifier);
  if (specifier.startsWith("node:")) return specifier;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Every import of every TypeScript file of these rooms. */
export function allImports(root: string, rooms: readonly string[]): readonly Import[] {
  return rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .flatMap((name) => {
        const file = posix.join(room, name.replaceAll("\\", "/"));
        return importsIn(file, readFileSync(join(root, file), "utf8"));
      }),
  );
}

/** Everything that comes with a file when it is loaded. */
export function closureOf(file: string, imports: readonly Import[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (at: string) => {
    if (reached.has(at)) return;
    reached.add(at);
    for (const { from, to, isTypeOnly } of imports) if (from === at && !isTypeOnly) visit(to);
  };
  visit(file);
  return reached;
}

/** The files that import each other in circles, types included, and what stands between two circles. */
export function inCircles(imports: readonly Import[]): readonly string[] {
  let left = imports;
  for (;;) {
    const from = new Set(left.map((one) => one.from));
    const to = new Set(left.map((one) => one.to));
    // What imports nothing or is imported by nothing is in no circle.
    const inner = left.filter((one) => from.has(one.to) && to.has(one.from));
    if (inner.length === left.length) return [...from].sort();
    left = inner;
  }
}
