import { globSync, readFileSync } from "node:fs";
import { expect, it } from "@jest/globals";
import { parseSync } from "@swc/core";
import { analyse } from "scslre";

interface Found {
  readonly file: string;
  readonly pattern: string;
  readonly flags: string;
}

/** What an SDK exports is read in what our own generator wrote. */
const isOfOurOwn = (file: string) => /^lib\/sdk\/[a-z]+\/surface\.ts$/.test(file);

const literals: Found[] = [];
const built = new Set<string>();
for (const file of globSync([
  "bin/**/*.ts",
  "functions/**/*.ts",
  "lib/**/*.ts",
  "shared/**/*.ts",
]).filter((file) => !isOfOurOwn(file))) {
  const waiting: unknown[] = [parseSync(readFileSync(file, "utf8"), { syntax: "typescript" })];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (typeof node !== "object" || node === null) continue;
    const { type, pattern, flags, callee } = node as Record<string, unknown>;
    if (type === "RegExpLiteral") {
      literals.push({ file, pattern: String(pattern), flags: String(flags) });
    }
    const isCall = type === "NewExpression" || type === "CallExpression";
    if (isCall && (callee as { value?: unknown }).value === "RegExp") built.add(file);
    waiting.push(...Object.values(node));
  }
}

/** What a regular expression can spend more than linear time on. */
const slownessOf = ({ pattern, flags }: Pick<Found, "pattern" | "flags">) =>
  analyse(
    { source: pattern, flags },
    { reportTypes: { Move: true, Self: true, Trade: true }, assumeRejectingSuffix: false },
  ).reports;

/** The parts of a regular expression: brackets of groups, signs, how often the part before is there, and characters. */
const parts =
  /\(\?(?:[:=!]|<[=!]|<\w+>)|[()|^$]|[*+?]\??|\{\d+(?:,\d*)?\}\??|\[(?:\\.|[^\]\\])*\]|\\(?:[pP]\{\w+\}|u[\da-fA-F]{4}|.)|./gsu;
const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/**
 * Characters without a number in which all that stands before them may begin again: where no end follows, a text of such
 * beginnings is read to its end from each of them. What is analysed above begins at one place alone.
 */
function readAgain({ pattern, flags }: Pick<Found, "pattern" | "flags">): readonly string[] {
  const charactersOf = (part: string) => {
    const one = new RegExp(`^(?:${part})$`, flags.replace(/[gy]/g, ""));
    return ascii.filter((character) => one.test(character));
  };
  const all = pattern.match(parts) ?? [];
  const found: string[] = [];
  const groups: { readonly start: readonly string[]; readonly isLookAround: boolean }[] = [];
  if (flags.includes("y")) return found;
  let before: readonly string[] = [];
  for (const [at, part] of all.entries()) {
    const howOften = /^[*+?{]/.test(all[at + 1] ?? "") ? (all[at + 1] ?? "") : "";
    const mayBeLeftOut = /^[*?]|^\{0/.test(howOften);
    if (part.startsWith("(")) {
      groups.push({ start: before, isLookAround: /^\(\?<?[=!]/.test(part) });
    } else if (part === "|") before = groups.at(-1)?.start ?? [];
    else if (part === ")") {
      const group = groups.pop();
      if (group && (mayBeLeftOut || group.isLookAround)) before = group.start;
    } else if (part === "^" && !flags.includes("m")) before = [...before, "(?!)"];
    else if (!/^(?:[\^$]|\\[bB]|[*+?{].*)$/s.test(part)) {
      const isWithoutEnd = /^[*+]|,\}/.test(howOften);
      const within = new Set(charactersOf(part));
      const begins = before.every((one) => charactersOf(one).some((sign) => within.has(sign)));
      const isFollowed = all.slice(at + 2).some((one) => one !== ")");
      if (isWithoutEnd && before.length > 0 && begins && isFollowed) found.push(part + howOften);
      if (!mayBeLeftOut) before = [...before, part];
    }
  }
  return found;
}

it.each([
  ["(a+)+$", ""],
  ["[ .!?]+$", ""],
  ["^(.*?)(?:\\.\\d+)? ?(Z|[+-]\\d\\d)?\\d*$", "i"],
])("knows a slow regular expression when it sees one: /%s/%s", (pattern, flags) => {
  expect(slownessOf({ pattern, flags })).not.toEqual([]);
});

it.each([
  ["!\\[[^\\]]*\\]", "", ["[^\\]]*"]],
  ["a|(?:x|<<)+.*?>", "s", [".*?"]],
  ["!\\[[^[\\]]*\\]", "", []],
  ["^!\\[[^\\]]*\\]", "", []],
  ["^!\\[[^\\]]*\\]", "m", ["[^\\]]*"]],
  ["a.*", "", []],
])(
  "knows one that reads on from each beginning when it sees one: /%s/%s",
  (pattern, flags, slow) => {
    expect(readAgain({ pattern, flags })).toEqual(slow);
  },
);

it("is linear in what a stranger sends, in each of them", () => {
  expect(literals.length).toBeGreaterThan(50);
  const slow = literals.filter((one) => slownessOf(one).length > 0);
  expect(slow.map(({ file, pattern, flags }) => `${file}: /${pattern}/${flags}`)).toEqual([]);
});

it("reads on from one beginning alone, in each that reads what a stranger sends", () => {
  const forStrangers = literals.filter(({ file }) =>
    /^(?:functions|shared|lib\/local)\//.test(file),
  );
  expect(forStrangers.length).toBeGreaterThan(50);
  const slow = forStrangers.filter((one) => readAgain(one).length > 0);
  expect(slow.map(({ file, pattern, flags }) => `${file}: /${pattern}/${flags}`)).toEqual([]);
});

it("makes regular expressions at run time only where texts are short or patterns our own", () => {
  expect([...built].sort()).toEqual([
    // Reads `/proc` of this machine.
    "lib/bench/process-usage.ts",
    // Names of our own tables, in our own guide.
    "lib/costs/command.ts",
    // Names in our own templates.
    "lib/new-route/fill-template.ts",
    // Names of two elements, in a page of S3's.
    "lib/operator/stage-bucket.ts",
    // Words of our own stories.
    "lib/simulation/platforms/check-erased.ts",
    // A fixed length.
    "shared/auth/api-key.ts",
    // Words that we drew, of a fixed length.
    "shared/models/body-with-files.ts",
    // A fixed length.
    "shared/runtime/ids.ts",
    // Texts of at most 200 characters.
    "shared/tools/relative-time.ts",
    // Only tried out whether it is one, never run.
  ]);
});
