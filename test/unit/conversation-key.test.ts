import { describe, expect, it } from "@jest/globals";
import { conversationHash, type Place, sessionExpired } from "#shared/conversations/conversation-key";

const place = (chat_id: string, user_id: string, more: Partial<Place> = {}): Place => ({
  chat_id,
  thread_id: null,
  user_id,
  is_per_user: false,
  ...more,
});
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

describe("A group where each user has a conversation of their own", () => {
  const inGroup = { is_per_user: true };
  const hashOf = (mode: "auto" | "thread" | "user" | "session", user: string, thread?: string) =>
    conversationHash(mode, place("group", user, { ...inGroup, thread_id: thread ?? null }));

  it.each(["auto", "user", "session"] as const)("is that in mode %s, in every topic", (mode) => {
    expect(hashOf(mode, "ada")).not.toBe(hashOf(mode, "bob"));
    expect(hashOf(mode, "ada", "7")).toBe(hashOf(mode, "ada"));
  });

  it("is one conversation for each topic in mode thread", () => {
    expect(hashOf("thread", "ada", "7")).toBe(hashOf("thread", "bob", "7"));
    expect(hashOf("thread", "ada", "7")).not.toBe(hashOf("thread", "ada", "8"));
    expect(hashOf("thread", "ada")).toBe(hashOf("thread", "bob"));
  });
});

describe("A chat with topics", () => {
  it.each(["auto", "thread", "session"] as const)("is a conversation each in mode %s", (mode) => {
    const topic = (thread_id: string) => conversationHash(mode, place("chat", "ada", { thread_id }));
    expect(topic("7")).toBe(topic("7"));
    expect(topic("7")).not.toBe(topic("8"));
    expect(topic("7")).not.toBe(conversationHash(mode, place("chat", "ada")));
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
