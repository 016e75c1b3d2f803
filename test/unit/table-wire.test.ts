import { describe, expect, it } from "@jest/globals";
import { fromWire, toWire } from "#shared/table/wire";

const nested = (depth: number): unknown => (depth === 0 ? "end" : { in: [nested(depth - 1)] });
const stored = (value: unknown) => fromWire(toWire({ pk: "p", sk: "s", value }))["value"];
/** As JSON text, which also tells -0 from 0 no more than the wire does. */
const json = (text: string): unknown => JSON.parse(text);

/** All texts in a value, names of fields among them. */
const textsIn = (value: unknown): string[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => [name, ...textsIn(inner)])
    : [String(value)];

describe("rows on their way to DynamoDB and back", () => {
  it("are maps, lists, numbers, texts, bytes and nothing as DynamoDB knows them", () => {
    const bytes = Uint8Array.of(1, 2);
    const row = { pk: "p", sk: "s", n: -1.5, yes: true, nothing: null, bytes, list: ["a", {}] };
    expect(toWire(row)).toEqual({
      pk: { S: "p" },
      sk: { S: "s" },
      n: { N: "-1.5" },
      yes: { BOOL: true },
      nothing: { NULL: true },
      bytes: { B: bytes },
      list: { L: [{ S: "a" }, { M: {} }] },
    });
    expect(fromWire(toWire(row))).toEqual(row);
  });

  it("lose what is undefined, at every depth", () => {
    expect(toWire({ a: undefined, b: { c: undefined, d: [undefined, 1] } })).toEqual({
      b: { M: { d: { L: [{ N: "1" }] } } },
    });
  });

  it.each([
    "9007199254740993",
    "1.8387801797767355e+303",
    "-1.7976931348623157e+308",
    "5e-324",
    "9.99e+125",
    "1e-130",
    '{"a":[{"b":-4.593202122318143e-207}]}',
    '{"":1,"b":{"":2}}',
    '{"__proto__":{"polluted":true}}',
    '{"$json":"{}"}',
    '{"a":{"$json":{"$json":1e300}}}',
    '{"constructor":1,"toString":{"hasOwnProperty":null}}',
    '"\\u0000\\ud800"',
    '{"\\udfff":["half a pair"],"text":"\\ud83d"}',
  ])("keep people's own JSON whatever it is: %s", (text) => {
    expect(stored(json(text))).toEqual(json(text));
    expect(JSON.stringify(stored(json(text)))).toBe(JSON.stringify(json(text)));
    // DynamoDB takes UTF-8, which has no halves of surrogate pairs.
    expect(textsIn(toWire({ value: json(text) })).every((one) => one.isWellFormed())).toBe(true);
  });

  it("keep JSON that is nested deeper than DynamoDB takes, and send it no deeper", () => {
    const depthOf = (value: unknown): number =>
      typeof value === "object" && value !== null
        ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
        : 0;
    expect(stored(nested(100))).toEqual(nested(100));
    // Each level of the wire is two of JavaScript: the type, then the value.
    expect(depthOf(toWire({ value: nested(100) }))).toBeLessThan(2 * 32);
  });

  it("refuse what is no value: infinity, a function", () => {
    expect(() => toWire({ a: Infinity })).toThrow("Infinity cannot be stored.");
    expect(() => toWire({ a: { b: () => {} } })).toThrow("A function cannot be stored.");
  });
});
