import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { allImports } from "../support/imports.ts";

const isTest = /^test\/(unit|routes|workers)\/[^/]+\.test\.ts$/;

/** The unit, route and worker tests that load a file, the likeliest to see a fault in it first. */
export function nearestTests(root: string): (file: string) => readonly string[] {
  const importers = Map.groupBy(
    [...allImports(root, ["functions", "lib", "shared", "test"]), ...byName(root)],
    ({ to }) => to,
  );
  return (file) => {
    const distance = new Map([[file, 0]]);
    // A map gives what is added while it is gone through.
    for (const [at, steps] of distance) {
      for (const { from } of importers.get(at) ?? []) {
        if (!distance.has(from)) distance.set(from, steps + 1);
      }
    }
    const tests = [...distance].filter(([name]) => isTest.test(name));
    const rank = ([name, steps]: readonly [string, number]) =>
      steps - 10 * wordsInCommon(name, file);
    // Of equals the largest first: it promises most.
    const size = ([name]: readonly [string, number]) => statSync(join(root, name)).size;
    return tests.sort((a, b) => rank(a) - rank(b) || size(b) - size(a)).map(([name]) => name);
  };
}

function wordsInCommon(test: string, file: string): number {
  const words = new Set(file.split(/[/.-]/).slice(1, -1));
  return new Set(
    test
      .split(/[/.-]/)
      .slice(2, -2)
      .filter((word) => words.has(word)),
  ).size;
}

/** What is loaded from disk without an import: handlers by their operation, workers with the manifest. */
function byName(root: string): readonly { readonly from: string; readonly to: string }[] {
  const files = ["functions", "test"].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => ({
        name: join(room, name),
        text: readFileSync(join(root, room, name), "utf8"),
      })),
  );
  return files.flatMap(({ name, text }) => {
    const to = join(dirname(name), "handler.ts");
    const operation = /operationId: ("\w+")/.exec(text)?.[1] ?? "#lib/manifest";
    if (!/^functions\/.*(route|worker)\.ts$/.test(name)) return [];
    return files
      .filter((file) => file.text.includes(operation))
      .map(({ name: from }) => ({ from, to }));
  });
}
