import { describe, expect, it } from "@jest/globals";
import { argumentsProblem } from "#shared/tools/arguments-problem";

const admits = (schema: Record<string, unknown>, args: unknown) =>
  argumentsProblem(schema)(args) === undefined;

const object = (properties: Record<string, unknown>, more = {}) => ({
  type: "object",
  properties,
  ...more,
});

describe("arguments that do not fit are told with their place", () => {
  it.each([
    [object({ a: { type: "string" } }), { a: 1 }, "#/a"],
    [object({ a: { type: "string" } }, { required: ["a"] }), {}, '"a"'],
    [object({ a: { enum: ["x", "y"] } }), { a: "z" }, "#/a"],
    [
      object({ a: { type: "array", items: { type: "integer", minimum: 1 } } }),
      { a: [1, 0] },
      "#/a/1",
    ],
    [object({ a: { const: 1 } }), { a: 2 }, "#/a"],
    [object({ a: { type: "string", nullable: true } }), { a: 1 }, "#/a"],
    [object({ a: { type: "string", nullable: false } }), { a: null }, "#/a"],
    [object({}, { additionalProperties: false }), { b: 1 }, '"b"'],
    [object({ a: { anyOf: [{ type: "string" }, { type: "null" }] } }), { a: 1 }, "#/a"],
    [object({ a: { oneOf: [{ type: "string" }, { type: "null" }] } }), { a: 1 }, "#/a"],
    [object({ a: { $ref: "#/$defs/b" } }, { $defs: { b: { type: "number" } } }), { a: "" }, "#/a"],
    [
      {
        ...object({ a: { $ref: "#/definitions/b%20c" } }),
        definitions: { "b c": { maxLength: 1 } },
      },
      { a: "xx" },
      "#/a",
    ],
    [
      { $schema: "http://json-schema.org/draft-07/schema#", type: "object", required: ["q"] },
      {},
      "q",
    ],
  ])("%j", (schema, args, place) => {
    expect(argumentsProblem(schema)(args)).toContain(place);
  });

  it("are told in at most about a thousand characters", () => {
    const value = "x".repeat(10_000);

    expect(
      argumentsProblem(object({ [value]: { type: "null" } }))({ [value]: 1 })!.length,
    ).toBeLessThan(1_100);
  });
});

describe("what fits is admitted", () => {
  it.each([
    ["no arguments for a tool without any", { type: "object" }, {}],
    [
      "a property that is called like a keyword",
      object({ pattern: { type: "string" } }),
      { pattern: "(" },
    ],
    ["null where it is nullable", object({ a: { type: "string", nullable: true } }), { a: null }],
    [
      "null where one of some values is nullable",
      object({ a: { type: "string", enum: ["x"], nullable: true } }),
      { a: null },
    ],
    [
      "null where a reference is nullable",
      object({ a: { $ref: "#/$defs/b", nullable: true } }, { $defs: { b: { type: "string" } } }),
      { a: null },
    ],
    [
      "a name that a pattern allows",
      object({}, { patternProperties: { "^x": {} }, additionalProperties: false }),
      { xy: 1 },
    ],
    [
      "one of two that only patterns tell apart",
      object({
        a: {
          oneOf: [
            { type: "string", pattern: "^a" },
            { type: "string", pattern: "^b" },
          ],
        },
      }),
      { a: "b" },
    ],
    ["what is not what a pattern forbids", object({ a: { not: { pattern: "^x" } } }), { a: "y" }],
    [
      "a tuple of an older draft",
      object({ a: { items: [{ type: "string" }], additionalItems: { type: "number" } } }),
      { a: ["x", 1] },
    ],
    [
      "an exclusive bound of an older draft",
      object({ a: { minimum: 1, exclusiveMinimum: true } }),
      { a: 2 },
    ],
    ["a value of a type that nobody knows", object({ a: { type: "float" } }), { a: 1.5 }],
    [
      "one of two types, one of which is unknown",
      object({ a: { type: ["date", "null"] } }),
      { a: "x" },
    ],
    [
      "null, which says nothing in the place of a word",
      object(
        { a: { type: "string", enum: null, minLength: null, items: null } },
        { required: null },
      ),
      { a: "x" },
    ],
    ["a word of an older draft", object({ a: { type: "string", required: true } }), {}],
    [
      "the greatest whole number, and what has no more digits",
      object({}),
      { a: 2 ** 53 - 1, b: 1e300, c: 0.5 },
    ],
  ])("%s", (_, schema, args) => {
    expect(admits(schema, args)).toBe(true);
  });
});

describe("the server judges", () => {
  it.each([
    ["a schema that refers to itself", { ...object({ next: { $ref: "#" } }), required: ["v"] }],
    ["a schema that is elsewhere", object({ a: { $ref: "https://example.com/schema.json" } })],
    ["a reference to nothing", object({ a: { $ref: "#/$defs/none" } })],
    ["a dialect that nobody knows", { $schema: "urn:x", ...object({ a: { $dynamicRef: "#a" } }) }],
    ["what is no schema", { type: "object", properties: { a: 7 } }],
    ["what is no list", { type: "object", allOf: "x" }],
  ])("judges arguments with %s itself", (_, schema) => {
    expect(admits(schema, { a: 1 })).toBe(true);
  });
});

describe("a hostile schema", () => {
  const doubling = (depth: number) => {
    const $defs: Record<string, unknown> = { [`d${depth}`]: { type: "string" } };
    for (let at = 0; at < depth; at++) {
      const next = { $ref: `#/$defs/d${at + 1}` };
      $defs[`d${at}`] = { allOf: [next, next] };
    }
    return { ...object({ a: { $ref: "#/$defs/d0" } }), $defs };
  };
  const nested = (depth: number): Record<string, unknown> => {
    let schema: Record<string, unknown> = { type: "string" };
    for (let at = 0; at < depth; at++) schema = { anyOf: [schema] };
    return schema;
  };

  const longList = Array.from({ length: 15_000 }, (_, index) => index);
  const manyOf = (length: number) => ({ a: Array.from({ length }, () => "x") });

  // Applied, each would refuse these arguments, or take hours.
  it.each([
    ["that doubles itself sixty times", doubling(60), { a: 1 }],
    [
      "with a pattern without end",
      object({ a: { pattern: "^(a+)+$" } }),
      { a: `${"a".repeat(20)}!` },
    ],
    [
      "with a pattern for names without end",
      object({}, { propertyNames: { pattern: "^(a+)+$" } }),
      { [`${"a".repeat(20)}!`]: 1 },
    ],
    ["of enormous depth", object({ a: nested(50_000) }), { a: 1 }],
    ["that compares every item with every other", object({ a: { uniqueItems: true } }), manyOf(2)],
    [
      "with a long list for each of many items",
      object({ a: { items: { enum: longList } } }),
      manyOf(150),
    ],
  ])("%s is not applied", (_, schema, args) => {
    expect(argumentsProblem(schema)(args)).toBeUndefined();
  });

  it("with a long list is applied to few items", () => {
    expect(admits(object({ a: { items: { enum: longList } } }), manyOf(100))).toBe(false);
  });

  it("cannot change what all objects have", () => {
    const schema = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"string"}},"__proto__":{"polluted":1}}',
    ) as Record<string, unknown>;
    argumentsProblem(schema)(JSON.parse('{"__proto__":{"polluted":1}}'));

    expect({}).not.toHaveProperty("polluted");
  });
});
