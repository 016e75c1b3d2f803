import { describe, expect, it } from "@jest/globals";
import { listedTools } from "#shared/tools/listed-tools";
import { underOwnNames, vendorSchema } from "#shared/tools/vendor-schema";

const written = (schema: Record<string, unknown>) => {
  const found = vendorSchema(schema);
  return "problem" in found ? found.problem : found.schema;
};
/** A property as a vendor gets it. */
const property = (schema: unknown) => {
  const found = written({ type: "object", properties: { a: schema } });
  return typeof found === "string" ? found : (found["properties"] as Record<string, unknown>)["a"];
};
const text = { type: "string" };
const number = { type: "number" };

describe("a schema has properties and nothing but them at its root", () => {
  it.each([
    [{}, { type: "object", properties: {} }],
    [{ type: "object" }, { type: "object", properties: {} }],
    [
      { type: ["object", "null"], properties: null },
      { type: "object", properties: {} },
    ],
    [
      { type: "object", properties: { a: text }, required: ["a"], additionalProperties: false },
      { type: "object", properties: { a: text }, required: ["a"], additionalProperties: false },
    ],
    [
      {
        type: "object",
        properties: { a: text },
        oneOf: [
          { properties: { b: text }, required: ["b"] },
          { properties: { b: number, c: text }, required: ["b", "c"] },
        ],
      },
      { type: "object", properties: { a: text, b: { anyOf: [text, number] }, c: text } },
    ],
    [
      {
        type: "object",
        anyOf: [{ required: ["a"] }, { required: ["b"] }],
        properties: { a: text, b: text },
      },
      { type: "object", properties: { a: text, b: text } },
    ],
    [
      {
        allOf: [{ $ref: "#/$defs/base" }, { properties: { b: text }, required: ["b"] }],
        $defs: { base: { properties: { a: text }, required: ["a"] } },
      },
      {
        $defs: { base: { properties: { a: text }, required: ["a"] } },
        type: "object",
        properties: { a: text, b: text },
        required: ["a", "b"],
      },
    ],
    [
      { $ref: "#/definitions/x", definitions: { x: { type: "object", properties: { a: text } } } },
      {
        definitions: { x: { type: "object", properties: { a: text } } },
        type: "object",
        properties: { a: text },
      },
    ],
    [
      {
        type: "object",
        enum: [{}],
        not: { required: ["x"] },
        if: {},
        $schema: "urn:x",
        description: "D",
      },
      { type: "object", description: "D", properties: {} },
    ],
  ])("%j", (schema, expected) => {
    expect(written(schema)).toEqual(expected);
  });
});

describe("a word or a type that not all vendors know is left out or said otherwise", () => {
  it.each<[unknown, unknown]>([
    [{ type: "float" }, number],
    [{ type: "int64" }, { type: "integer" }],
    [{ type: "str" }, text],
    [{ type: "date", description: "A day." }, { description: "A day." }],
    [{ type: ["string", "date"] }, {}],
    [{ type: "string", nullable: true }, { type: ["string", "null"] }],
    [{ type: "array" }, { type: "array", items: {} }],
    [
      { type: "array", items: [text, number] },
      { type: "array", items: { anyOf: [text, number] } },
    ],
    [{ type: "string", required: true, "x-mine": 1, enum: null }, text],
    [
      { type: "number", minimum: 0, exclusiveMinimum: true },
      { type: "number", minimum: 0 },
    ],
    [
      { type: "string", pattern: "^[\\p{L}]+$" },
      { ...text, description: "Pattern: ^[\\p{L}]+$" },
    ],
    [
      { type: "string", pattern: "^a", description: "A word." },
      { ...text, description: "A word. Pattern: ^a" },
    ],
    [
      { type: "object", patternProperties: { "^x-": text }, additionalProperties: false },
      { type: "object" },
    ],
    [
      { type: "object", properties: { a: text }, required: ["a", "b"] },
      { type: "object", properties: { a: text }, required: ["a"] },
    ],
    [
      { type: "object", properties: { a: text }, required: ["b"] },
      { type: "object", properties: { a: text } },
    ],
    [{ $ref: "#/$defs/none" }, {}],
    [{ $ref: "https://example.com/x.json" }, {}],
    [
      { oneOf: [text, number], default: null },
      { oneOf: [text, number], default: null },
    ],
    [{ anyOf: [] }, {}],
    [true, {}],
    [null, {}],
    [false, undefined],
  ])("%j", (schema, expected) => {
    expect(property(schema)).toEqual(expected);
  });

  it("but a reference within the schema stays, in a circle too", () => {
    const tree = { type: "object", properties: { child: { $ref: "#/$defs/tree" } } };
    const schema = {
      type: "object",
      properties: { root: { $ref: "#/$defs/tree" } },
      $defs: { tree },
    };
    expect(written(schema)).toEqual(schema);
  });
});

describe("a reference says nothing when what it meant stands elsewhere now, or nowhere:", () => {
  it.each([
    ["a property of another name", { "a b": text, c: { $ref: "#/properties/a%20b" } }, "c"],
    [
      "an entry of a list of items",
      { a: { items: [text] }, c: { $ref: "#/properties/a/items/0" } },
      "c",
    ],
    [
      "something under an unknown word",
      { a: { mine: text }, c: { $ref: "#/properties/a/mine" } },
      "c",
    ],
    ["something under a word for the root alone", { c: { $ref: "#/anyOf/0" } }, "c"],
    ["a definition of false", { c: { $ref: "#/$defs/no" } }, "c"],
    [
      "a part of a property that has more than one meaning",
      { a: { items: text }, c: { $ref: "#/properties/a/items" } },
      "c",
    ],
    ["words of a schema", { a: { enum: [1] }, c: { $ref: "#/properties/a/enum" } }, "c"],
  ])("%s", (_, properties, name) => {
    const found = written({
      type: "object",
      properties,
      $defs: { no: false },
      anyOf: [{ properties: { a: number } }],
    });
    expect(found).toMatchObject({ properties: { [name]: {} } });
    expect(JSON.stringify(found)).not.toContain("$ref");
  });

  it("but one to a definition of true means it", () => {
    const found = written({ properties: { a: { $ref: "#/$defs/any" } }, $defs: { any: true } });

    expect(found).toMatchObject({ properties: { a: { $ref: "#/$defs/any" } }, $defs: { any: {} } });
  });
});

it("a property has a name that vendors take, and keeps its own for the server", () => {
  const names = [
    "$filter",
    "page[size]",
    "page_size_",
    "_filter",
    "ü",
    "",
    "x".repeat(70),
    "a.b-c",
  ];
  const properties = Object.fromEntries(names.map((name) => [name, text]));
  const found = vendorSchema({ type: "object", properties, required: ["$filter", "a.b-c"] });
  if ("problem" in found) throw new Error(found.problem);
  const { schema, own_names } = found;
  const offered = Object.keys(schema["properties"] as object);

  expect(offered).toEqual([
    "_filter_2",
    "page_size__2",
    "page_size_",
    "_filter",
    "_",
    "__2",
    "x".repeat(58),
    "a.b-c",
  ]);
  expect(schema["required"]).toEqual(["_filter_2", "a.b-c"]);
  const given = Object.fromEntries(offered.map((name) => [name, 1]));
  expect(underOwnNames(given, own_names)).toEqual(
    Object.fromEntries(names.map((name) => [name, 1])),
  );
});

describe("what no vendor would take is told", () => {
  it.each([
    [{ type: "array" }, "its arguments are no object"],
    [{ type: ["string", "null"] }, "its arguments are no object"],
    [
      Array.from({ length: 100 }).reduce<Record<string, unknown>>(
        (inner) => ({ properties: { a: inner } }),
        {},
      ),
      "its schema is nested too deeply",
    ],
  ])("%#", (schema, problem) => {
    expect(written(schema)).toBe(problem);
  });
});

describe("a schema that refers to one of its parts many times", () => {
  const offered = async (inputSchema: object) =>
    (await listedTools([{ name: "t", inputSchema }]))[0];
  const names = (many: number, value: unknown) =>
    Object.fromEntries(Array.from({ length: many }, (_, n) => [`p${n}`, value]));
  const refs = (many: number, $ref: string) => Array.from({ length: many }, () => ({ $ref }));

  it.each(["allOf", "anyOf", "oneOf"])("has its properties read once, by %s", async (word) => {
    let reads = 0;
    const watched = {
      get type() {
        reads += 1;
        return "string";
      },
    };
    const base = { properties: { ...names(1_500, {}), watched }, required: ["p1"] };
    const found = await offered({ [word]: refs(600, "#/$defs/base"), $defs: { base } });

    expect(found?.problem).toBeNull();
    expect(found?.vendor_schema["properties"]).toEqual({ ...names(1_500, {}), watched: text });
    // For its size, among the properties and where it is defined.
    expect(reads).toBeLessThan(10);
  });

  it("is left out when its parts within each other come to more than 20,000 values", async () => {
    const inner = { properties: names(1_200, {}) };
    const deep = Array.from({ length: 30 }).reduce<object>(
      (nested) => ({ properties: { a: nested } }),
      inner,
    );
    const all = Array.from({ length: 30 }, (_, n) => ({ $ref: `#${"/properties/a".repeat(n)}` }));

    expect((await offered({ ...deep, allOf: all }))?.problem).toBe("its schema combines too much");
  });

  it("is left out when what it combines is larger than 64 KB", async () => {
    const deep = Array.from({ length: 10 }).reduce<object>(
      (nested) => ({ properties: { a: nested } }),
      { description: "x".repeat(20_000) },
    );
    const all = Array.from({ length: 10 }, (_, n) => ({ $ref: `#${"/properties/a".repeat(n)}` }));

    expect((await offered({ ...deep, allOf: all }))?.problem).toBe(
      "its schema combines more than 64 KB",
    );
  });
});
