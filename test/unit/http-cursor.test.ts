import { describe, expect, it } from "@jest/globals";
import { ApiError } from "#shared/errors/api-error";
import { type CursorBinding, decodeCursor, encodeCursor } from "#shared/http/cursor";

const list: CursorBinding = { key: "secret", list: "list" };

function refusal(binding: CursorBinding, cursor: string): string | undefined {
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
      expect(decodeCursor(list, encodeCursor(list, position))).toBe(position);
    },
  );

  it("can stand in a URL as it is", () => {
    const cursor = encodeCursor(list, "ÿþ?>~".repeat(20));
    expect(cursor).toMatch(/^[\w-]+$/);
  });

  it("is one of its own list only", () => {
    const mine = { key: "secret", list: '["team_1","listBots"]' };
    const cursor = encodeCursor(mine, "5");
    expect(refusal({ ...mine, list: '["team_2","listBots"]' }, cursor)).toBe("bad_request");
    expect(refusal(mine, cursor)).toBeUndefined();
  });

  it("is signed: with another key, or with another position, it is none", () => {
    const cursor = encodeCursor(list, "5");
    expect(refusal({ ...list, key: "guess" }, cursor)).toBe("bad_request");
    const bytes = Buffer.from(cursor, "base64url");
    for (let place = 0; place < bytes.length; place++) {
      const changed = Buffer.from(bytes);
      changed[place]! ^= 1;
      expect(refusal(list, changed.toString("base64url"))).toBe("bad_request");
    }
  });

  const genuine = encodeCursor(list, "5");
  it.each([
    "",
    "x",
    "%%%",
    "bnVsbA",
    "WzFd",
    "e30",
    encodeCursor({ ...list, list: "other" }, "5"),
    `${genuine}!`,
    `${genuine}=`,
    ` ${genuine}`,
    genuine.slice(0, -1),
    Buffer.from(genuine, "base64url").toString("base64").replace(/=+$/, "/"),
    Buffer.concat([Buffer.from(genuine, "base64url"), Buffer.from([0xff])]).toString("base64url"),
  ])("is no cursor: %j", (text) => {
    expect(refusal(list, text)).toBe("bad_request");
  });
});
