import { describe, expect, it } from "@jest/globals";
import { checkPageSize } from "#shared/http/page-size";

/** AWS Lambda passes 6 MB, of which 16 KiB are kept for what stands around the body and 2 for its quotes. */
const room = 6 * 1024 * 1024 - 16 * 1024 - 2;
const refusal = (rows: number) =>
  expect.objectContaining({
    details: [
      {
        path: "query.per_page",
        message: `Must be about ${rows} here: more of these rows exceed 6 MB.`,
      },
    ],
  });

describe("A page", () => {
  // A quote is two bytes in JSON, a euro sign three in UTF-8.
  it.each([
    ["x", 1],
    ['"', 2],
    ["€", 3],
  ])(
    "of %s that fills an answer to the last byte is sent, and a longer one refused",
    (unit, bytes) => {
      const most = unit.repeat(Math.floor(room / bytes));
      expect(() => checkPageSize(most, 100)).not.toThrow();
      expect(() => checkPageSize(`${most}${unit}`, 100)).toThrow(refusal(89));
    },
  );

  it("that is refused says how many of its rows would do, and never less than one", () => {
    expect(() => checkPageSize("x".repeat(2 * room), 100)).toThrow(refusal(45));
    expect(() => checkPageSize("x".repeat(2 * room), 2)).toThrow(refusal(1));
  });

  it("of a single row is always sent: there is no smaller one", () => {
    expect(() => checkPageSize("x".repeat(2 * room), 1)).not.toThrow();
  });
});
