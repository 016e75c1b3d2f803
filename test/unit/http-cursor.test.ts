import { describe, expect, it } from "@jest/globals";
import { ApiError } from "#shared/errors/api-error";
import { decodeCursor, encodeCursor } from "#shared/http/cursor";

function refusal(binding: string, cursor: string): string | undefined {
  try {
    decodeCursor(binding, cursor);
    return undefined;
  } catch (error) {
    return error instanceof ApiError ? error.code : String(error);
  }
}

describe("A cursor", () => {
  it.each(["5", "", "2026-01-02T03:04:05.000Z#conv_1", "ü😀\u0000", 'a"]'])(
    "gives the position back that it was made of: %j",
    (position) => {
      expect(decodeCursor("list", encodeCursor("list", position))).toBe(position);
    },
  );

  it("can stand in a URL as it is", () => {
    const cursor = encodeCursor("list", "ÿþ?>~".repeat(20));
    expect(cursor).toMatch(/^[\w-]+$/);
  });

  it("is one of its own list only", () => {
    const cursor = encodeCursor('["team_1","listBots"]', "5");
    expect(refusal('["team_2","listBots"]', cursor)).toBe("bad_request");
    expect(refusal('["team_1","listBots"]', cursor)).toBeUndefined();
  });

  it.each(["", "x", "%%%", "bnVsbA", "WzFd", "e30", "WyIiLCIiLCIiXQ", encodeCursor("other", "5")])(
    "is no cursor: %j",
    (text) => {
      expect(refusal("list", text)).toBe("bad_request");
    },
  );
});
