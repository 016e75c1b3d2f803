import { describe, expect, it } from "@jest/globals";
import { conversationHash, sessionExpired } from "#shared/conversations/conversation-key";

const place = (chat_id: string, user_id: string) => ({ chat_id, thread_id: null, user_id });
const minute = 60_000;
const last = "2026-03-04T05:06:00.000Z";

describe("What makes messages one conversation", () => {
  it.each(["auto", "thread", "session"] as const)("is the chat in mode %s", (mode) => {
    const hash = conversationHash(mode, place("lobby", "ada"));
    expect(conversationHash(mode, place("lobby", "bob"))).toBe(hash);
    expect(conversationHash(mode, place("garden", "ada"))).not.toBe(hash);
    // A bot whose mode changes among these finds its conversations again.
    expect(hash).toBe(conversationHash("auto", place("lobby", "ada")));
  });

  it("is chat and user in mode user, and never what a chat alone makes", () => {
    const hash = conversationHash("user", place("lobby", "ada"));
    expect(conversationHash("user", place("lobby", "ada"))).toBe(hash);
    expect(conversationHash("user", place("lobby", "bob"))).not.toBe(hash);
    expect(conversationHash("user", place("garden", "ada"))).not.toBe(hash);
    expect(conversationHash("auto", place("lobby", "ada"))).not.toBe(hash);
  });
});

describe("A session", () => {
  const mode = { mode: "session", session_timeout_minutes: 30 } as const;

  it.each([
    [0, false],
    [30 * minute, false],
    [30 * minute + 1, true],
    [24 * 60 * minute, true],
    [-minute, false],
  ])("has expired after %i ms of silence: %s", (silence, expired) => {
    expect(sessionExpired(mode, last, Date.parse(last) + silence)).toBe(expired);
  });

  it("is a thing of its mode only", () => {
    const later = Date.parse(last) + 400 * 24 * 60 * minute;
    expect(sessionExpired({ ...mode, mode: "auto" }, last, later)).toBe(false);
    expect(sessionExpired({ ...mode, session_timeout_minutes: null }, last, later)).toBe(false);
  });
});
