import { describe, expect, it } from "@jest/globals";
import { mutantsOf } from "#test/mutate/mutants";

const faultsOf = (source: string) =>
  mutantsOf("a.ts", source).map((mutant) => mutant.source.replaceAll(/\s+/g, " ").trim());

describe("The faults that mutation testing puts in", () => {
  it("turn a comparison, its ends and its outcome", () => {
    expect(faultsOf("if (a < b && c) g();")).toEqual([
      "if (true) g();",
      "if (false) g();",
      "if (a <= b && c) g();",
      "if (a < b || c) g();",
      "if (a < b && c) ;",
    ]);
  });

  it("are off by one in both directions, and take the other end of a range", () => {
    expect(faultsOf("const x: 1 | 2 = Math.min(1, y);")).toEqual([
      "const x: 1 | 2 = Math.max(1, y);",
      "const x: 1 | 2 = Math.min(2, y);",
      "const x: 1 | 2 = Math.min((0), y);",
    ]);
  });

  it("leave out each part of a condition, a condition, and each property with its comma", () => {
    expect(faultsOf('f(all(missing("é"), b)); g({ a, ...b });')).toEqual([
      "; g({ a, ...b });",
      "f(undefined); g({ a, ...b });",
      "f(all(b)); g({ a, ...b });",
      'f(all(missing("é"))); g({ a, ...b });',
      'f(all(missing("é"), b)); ;',
      'f(all(missing("é"), b)); g({ ...b });',
      'f(all(missing("é"), b)); g({ a });',
    ]);
  });

  it("leave out statements and return before the first", () => {
    expect(faultsOf("function f(a: string): void { g(a ?? 'x'); }")).toEqual([
      "function f(a: string): void { return; g(a ?? 'x'); }",
      "function f(a: string): void { ; }",
      "function f(a: string): void { g(a); }",
    ]);
  });

  it("say on which line they are", () => {
    expect(mutantsOf("a.ts", "// é\nconst a = [\n  b,\n  c,\n];\n")).toMatchObject([
      { file: "a.ts", line: 3, original: "b,", replacement: "" },
      { file: "a.ts", line: 4, original: ",\n  c", replacement: "" },
    ]);
  });
});
