import { describe, expect, it } from "@jest/globals";
import { losesDigits, parseExactly, parseUnrounded } from "#shared/schema/exact-json";

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
