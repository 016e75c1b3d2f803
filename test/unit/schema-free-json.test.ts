import { describe, expect, it } from "@jest/globals";
import { problemOfFreeJson } from "#shared/schema/free-json";

const nested = (levels: number) =>
  JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`) as unknown;

describe("free JSON", () => {
  it.each([
    ["null", null],
    ["a number at the edge", -1.7976931348623157e308],
    ["an emoji", { "🙂": ["🙂"] }],
    ["100 levels", nested(100)],
    ["names that objects have", JSON.parse('{"constructor":1,"prototype":2,"__proto__":{"a":1}}')],
  ])("may be %s", (_, value) => {
    expect(problemOfFreeJson(value, 1_024)).toBeUndefined();
  });

  it.each([
    ["an endless number", '{"a":[1e400]}', "Must have no number that is too large to be kept."],
    [
      "an endless number below",
      '{"__proto__":-1e400}',
      "Must have no number that is too large to be kept.",
    ],
    [
      "half a character",
      '{"a":{"b":"\\ud83d"}}',
      "Must have no half of a surrogate pair, which is no text.",
    ],
    [
      "half a character in a key",
      '{"\\ude42":1}',
      "Must have no half of a surrogate pair, which is no text.",
    ],
    ["many bytes", `{"a":"${"é".repeat(512)}"}`, "Must be at most 1 KiB as JSON."],
    [
      "many bytes once it is escaped",
      `["${"\\u0001".repeat(200)}"]`,
      "Must be at most 1 KiB as JSON.",
    ],
  ])("must not have %s", (_, json, problem) => {
    expect(problemOfFreeJson(JSON.parse(json), 1_024)).toBe(problem);
  });

  it.each([101, 100_000])("must not be nested %i levels deep", (levels) => {
    expect(problemOfFreeJson(nested(levels), 1_048_576)).toBe(
      "Must be nested at most 100 levels deep.",
    );
  });
});
