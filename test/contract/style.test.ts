import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";

const rooms = ["bin", "functions", "lib", "shared", "test"];
const files = rooms.flatMap((room) =>
  readdirSync(join(process.cwd(), room), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(room, name)),
);

/** Built-ins, packages, other rooms, folders above, this folder. */
const groups = [/^node:/, /^[^#.]/, /^#/, /^\.\.\//, /^\.\//];

/** Sorts as imports are to stand: by group, and in a group by path. */
const placeOf = (from: string) =>
  `${groups.findIndex((group) => group.test(from))}${from.replace(/\.ts$/, "")}`;

/** A comment, or an import, at the place where the last match ended. */
const atHead = /\s*(?:\/\/.*\n|\/\*[^]*?\*\/|import\s(?:[^"]*?\sfrom\s)?"([^"]+)";)/y;

/** What is wrong with the imports at the head of a file, which Prettier has formatted; undefined for nothing. */
function disorder(text: string): string | undefined {
  let last: string | undefined;
  atHead.lastIndex = 0;
  for (let found = atHead.exec(text); found !== null; found = atHead.exec(text)) {
    const [whole, from] = found;
    if (from === undefined) continue;
    if (last !== undefined && whole.startsWith("\n\n")) return `an empty line before ${from}`;
    if (last !== undefined && placeOf(from) < placeOf(last)) return `${from} after ${last}`;
    last = from;
  }
  return undefined;
}

describe("How files look, where the linter has no rule", () => {
  it("keeps imports in one block: node:, packages, #, ../, ./, and there by path", () => {
    expect(files.length).toBeGreaterThan(600);
    const wrong = files.flatMap((file) => {
      const problem = disorder(readFileSync(file, "utf8"));
      return problem === undefined ? [] : `${file}: ${problem}`;
    });
    expect(wrong).toEqual([]);
  });

  it("declares an interface once, because a second one would be merged into it without a word", () => {
    const twice = files.flatMap((file) => {
      const names = readFileSync(file, "utf8").match(/^(?:export )?interface \w+/gm) ?? [];
      const short = names.map((name) => name.replace("export ", ""));
      return short
        .filter((name, index) => short.indexOf(name) !== index)
        .map((name) => `${file}: ${name}`);
    });
    expect(twice).toEqual([]);
  });

  it.each([
    ['import { a } from "./a.ts";\nimport { b } from "../b.ts";\n', "../b.ts after ./a.ts"],
    ['import { a } from "../a.ts";\nimport b from "#lib/b";\n', "#lib/b after ../a.ts"],
    ['import a from "#lib/a";\nimport * as v from "valibot";\n', "valibot after #lib/a"],
    ['import * as v from "valibot";\nimport a from "node:fs";\n', "node:fs after valibot"],
    ['import type { B } from "./b.ts";\nimport {\n  a,\n} from "./a.ts";\n', "./a.ts after ./b.ts"],
    ['import { c } from "./a-c.ts";\nimport { a } from "./a.ts";\n', "./a.ts after ./a-c.ts"],
    ['// Why.\nimport "./b.ts";\nimport "./a.ts";\n', "./a.ts after ./b.ts"],
    ['import "./a.ts";\n\nimport "./b.ts";\n', "an empty line before ./b.ts"],
  ])("refuses %j", (text, problem) => {
    expect(disorder(text)).toBe(problem);
  });

  it("looks at the head of a file only", () => {
    expect(disorder('import "./b.ts";\n\nconst text = `\nimport "./a.ts";\n`;\n')).toBeUndefined();
  });
});
