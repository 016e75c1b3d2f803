import { describe, expect, it, jest } from "@jest/globals";
import {
  losesDigits,
  parseExactly,
  parseLongNumbersAsText,
  parseUnrounded,
} from "#shared/schema/exact-json";

describe("JSON that is read exactly", () => {
  it.each([
    "2512292042121000001",
    "-9223372036854775808",
    "0.12345678901234567891",
    "12345678901234567890123e-3",
    "1.00000000000000000001",
    "1e400",
    "-1E+400",
    "11111111111111111111e400",
  ])("is written with the digits of %s", (number) => {
    const json = `{"id":${number},"list":[{"id":${number}}],"small":7}`;

    expect(JSON.stringify(parseExactly(json))).toBe(json);
    expect(losesDigits(json)).toBe(true);
    expect(parseExactly(json)).toMatchObject({ small: 7 });
  });

  it.each([
    ["a short number", "1.5", 1.5],
    ["zeros behind it", "1.50000000000000000000", 1.5],
    ["zeros before the point", "120000000000000000000", 120_000_000_000_000_000_000],
    ["a power", "1.20000000000000000e5", 120_000],
    ["no value at all", "-0.0000000000000000", -0],
    ["2 to the 53rd", "9007199254740992", 9_007_199_254_740_992],
    ["digits in a text", '"2512292042121000001"', "2512292042121000001"],
  ])("is plain where it has %s", (_, json, value) => {
    expect(parseExactly(json)).toBe(value);
    expect(losesDigits(json)).toBe(false);
  });

  it("throws where there is no JSON", () => {
    expect(() => parseExactly('{"id":2512292042121000001')).toThrow(SyntaxError);
  });
});

it("JSON whose whole numbers must not be rounded has those as what is no number", () => {
  const json =
    '{"id":[9007199254740993,-2512292042121000001],"n":9007199254740992,"part":0.10000000000000001}';

  expect(parseUnrounded(json)).toEqual({
    id: [9_007_199_254_740_993n, -2_512_292_042_121_000_001n],
    n: 9_007_199_254_740_992,
    part: 0.1,
  });
});

/** What is in Node and not yet in the types of TypeScript. */
const engine = JSON as unknown as {
  parse(
    json: string,
    read: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(json: string): unknown;
};

/** JSON with these in the place of its long whole numbers, by the engine's own means, which are slow. */
const revived = (json: string, read: (source: string) => unknown) =>
  engine.parse(json, (_, value, { source = "" }) =>
    /^-?\d{17,}$/.test(source) ? read(source) : value,
  );

describe("long numbers in JSON", () => {
  const id = "2512292042121000001";

  it.each([
    id,
    ` ${id}\n`,
    `[${id},${id} , -${id}\t]`,
    `[1,${id},[2,[${id}]],{"a":{"b":${id}}}]`,
    `{"a":"${id}","b":${id},"${id}":${id}}`,
    `["\\"",${id},"\\\\",${id},"\\\\\\"${id}"]`,
    `{"__proto__":${id},"constructor":[${id}],"":${id}}`,
    `[{"a":1,"a":${id}},{"a":${id},"a":1}]`,
    `[0.5,1e5,-0,true,null,"é",${id}]`,
  ])("are found where they stand: %s", (json) => {
    expect(parseUnrounded(json)).toEqual(revived(json, BigInt));
    expect(parseLongNumbersAsText(json)).toEqual(revived(json, String));
    expect(JSON.stringify(parseExactly(json))).toBe(
      JSON.stringify(revived(json, (digits) => engine.rawJSON(digits))),
    );
  });

  it.each([
    `{${id}:1}`,
    `{${id} :1}`,
    `[0${id}]`,
    `[${id}.]`,
    `[.${id}]`,
    `[+${id}]`,
    `[--${id}]`,
    `[${id}x]`,
    `["a"${id}]`,
    `[${id}"a"]`,
    `[${id} ${id}]`,
    `[1.2.3.4.5.6.7.8.9.0]`,
    `["${id}`,
    `[${id}`,
  ])("make no JSON of what is none, and its error is the engine's: %s", (json) => {
    let error = new Error("It is JSON.");
    try {
      JSON.parse(json);
    } catch (thrown) {
      error = thrown as Error;
    }
    expect(error).toBeInstanceOf(SyntaxError);
    expect(() => parseExactly(json)).toThrow(error);
  });

  it("are rounded in what is nested without end", () => {
    const levels = 50_000;
    const json = `${"[".repeat(levels)}${id}${"]".repeat(levels)}`;
    let inner = parseExactly(json);
    while (Array.isArray(inner)) [inner] = inner;
    expect(inner).toBe(Number(id));
  });

  // Calls for some MiB of numbers take seconds, in which nobody else is served. A request has some 100 KB.
  it("of answers are read without a function that is called for each value", () => {
    const parse = jest.spyOn(JSON, "parse");
    parseExactly(`[${id},1,2]`);
    parseLongNumbersAsText(`[${id},1,2]`);
    const given = parse.mock.calls.map((args) => args.length);
    parse.mockRestore();
    expect(given).toEqual([1, 1]);
  });
});
