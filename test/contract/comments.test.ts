import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";

const rooms = ["bin", "functions", "lib", "shared", "test"];
const configuration = ["package.json", "tsconfig.json", "cdk.json", ".oxlintrc.json"];

const comment = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;
const inBackTicks = /`([^`]+)`/g;
const word = /[A-Za-z_$][\w$]*/g;

/** The spans in back-ticks of all comments of a file, also those that go over the end of a line. */
const spansIn = (source: string) =>
  [...source.matchAll(comment)].flatMap(([text]) =>
    [...text.replace(/\n\s*(?:\*|\/\/) ?/g, " ").matchAll(inBackTicks)].map(
      ([, span = ""]) => span,
    ),
  );

/** Tells what of a span does not exist among these files: the file that it names, or words of it. */
function checkerOf(files: ReadonlyMap<string, string>) {
  const names = new Set([...files.keys()].flatMap((path) => path.split("/")));
  const words = new Set(
    [...files.values()].flatMap((source) => source.replace(comment, " ").match(word) ?? []),
  );
  return (span: string): readonly string[] => {
    if (/^[\w./-]+\.ts$/.test(span)) {
      return [...files.keys()].some((path) => `/${path}`.endsWith(`/${span}`)) ? [] : [span];
    }
    return (span.match(word) ?? []).filter((one) => !words.has(one) && !names.has(one));
  };
}

const files = new Map(
  [
    ...rooms.flatMap((room) =>
      readdirSync(room, { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(ts|py)$/.test(name))
        .map((name) => `${room}/${name}`),
    ),
    ...configuration,
  ].map((path) => [path, readFileSync(path, "utf8")]),
);

describe("A name in back-ticks in a comment", () => {
  it("exists: as a file, or as names in code", () => {
    const missing = checkerOf(files);
    const stale = [...files].flatMap(([path, source]) =>
      path.endsWith(".ts")
        ? spansIn(source).flatMap((span) => missing(span).map((one) => `${path}: ${span}: ${one}`))
        : [],
    );
    expect(stale).toEqual([]);
  });

  it("is found missing when nothing but comments has it", () => {
    const source = ["/", "** Not `old` and\n * not `b.ts`. */\nconst a = 1; /", "/ `old`"].join("");
    expect(spansIn(source)).toEqual(["old", "b.ts", "old"]);
    const missing = checkerOf(new Map([["shared/a.ts", source]]));
    expect(["a", "a.ts", "shared/a.ts", "old", "b.ts", "a + old"].map(missing)).toEqual([
      [],
      [],
      [],
      ["old"],
      ["b.ts"],
      ["old"],
    ]);
  });
});
