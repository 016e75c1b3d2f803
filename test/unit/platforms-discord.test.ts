import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import type { AdapterDeps } from "#shared/platforms/adapter";
import type { Address } from "#shared/platforms/inbound-event";
import { ids, sentAt, token } from "../fixtures/discord/interactions.ts";
import { address, discord } from "../support/discord-case.ts";
import { answers } from "../support/fake-backend.ts";
import type { FakeDiscord } from "../support/fake-discord.ts";
import { deliver, plainPiece } from "../support/platform-case.ts";

const { adapter, channel } = discord;
const { credentials } = channel;
const fetch = createSafeFetch({ allowPrivate: () => true });

let fake: FakeDiscord;
let deps: AdapterDeps;
let now: number;
beforeEach(async () => {
  fake = await discord.start();
  now = sentAt + 60_000;
  deps = { fetch, base_url: fake.url, clock: () => now, signal: new AbortController().signal };
});
afterEach(async () => {
  await fake.close();
  expect(fake.mistakes).toEqual([]);
});

const quiet = { allowed_mentions: { parse: [] }, flags: 4 };
const intoChannel = { channel_id: ids.channel, size_limit: 10_485_760, is_guest: 0 };
const say = (text: string, to: Address = address) =>
  deliver(discord, deps, { reply: { text, attachments: [] }, address: to });
const send = (to: Address = address, tag = "msg_1#0", given = credentials) =>
  adapter.send(deps, given, { address: to, piece: plainPiece("Hello"), tag });
const names = () => fake.calls.map(({ name }) => name);

describe("an answer to a command", () => {
  it("takes the place of the sign that the bot is thinking, and brings back its id", async () => {
    expect(await say("**Hi** there")).toEqual([
      { ok: true, id: "181", address: { ...address, sent: 1 } },
    ]);
    const path = `/webhooks/${ids.application}/${token}/messages/@original`;
    expect(fake.sent).toEqual([
      { name: "PATCH original", path, fields: { content: "**Hi** there", ...quiet }, id: "181" },
    ]);
  });

  it("goes on in messages that follow, none longer than Discord takes", async () => {
    const sent = await say("word ".repeat(1_000));
    expect(names()).toEqual(["PATCH original", "POST follow-up", "POST follow-up"]);
    expect(sent.at(-1)).toMatchObject({ ok: true, address: { ...address, sent: 3 } });
    const lengths = fake.sent.map(({ fields }) => String(fields["content"]).length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(2_000);
  });

  it("is there once when the first part is sent again, whose answer was lost", async () => {
    expect([await send(), await send()]).toMatchObject([{ id: "181" }, { id: "181" }]);
    expect(fake.sent.length).toBe(1);
  });

  it("is there twice when another part is sent again: Discord cannot tell", async () => {
    const later = { ...address, sent: 1 };
    await send();
    await send(later);
    await send(later);
    expect(fake.sent.length).toBe(3);
  });

  it("needs no token of the bot", async () => {
    expect(await send(address, "t", { ...credentials, bot_token: "" })).toMatchObject({ ok: true });
  });

  it("follows when somebody has deleted the sign", async () => {
    fake.tokens.set(token, 1);
    fake.refuse("PATCH original", { status: 404, code: 10_008, message: "Unknown Message" });
    const [first, second] = await say("word ".repeat(500));
    expect(names()).toEqual(["PATCH original", "POST follow-up", "POST follow-up"]);
    expect([first, second]).toMatchObject([{ address: { sent: 1 } }, { address: { sent: 2 } }]);
  });

  it("goes into the channel when nothing may follow the sign that was deleted", async () => {
    for (const name of ["PATCH original", "POST follow-up"]) {
      fake.refuse(name, { status: 404, code: 10_008, message: "Unknown Message" });
    }
    expect(await send()).toEqual({ ok: true, id: "181", address: intoChannel });
  });

  it("was given when Discord says so", async () => {
    fake.refuse("PATCH original", { status: 400, code: 40_060, message: "Already acknowledged" });
    expect(await send()).toMatchObject({ ok: true, id: null });
  });

  it("says what was wrong with it, and has no plainer form", async () => {
    const errors = { content: { _errors: [{ code: "BASE_TYPE", message: "Must be shorter." }] } };
    const wrong = { status: 400, code: 50_035, message: "Invalid Form Body", errors };
    fake.refuse("PATCH original", wrong);
    const message = "Discord: Invalid Form Body: Must be shorter. (50035).";
    expect(await say("a")).toEqual([{ ok: false, class: "refused", code: "50035", message }]);
    expect(adapter.plainer(plainPiece("a"))).toEqual([]);
  });

  it("never shows the token of the command", async () => {
    fake.refuse("PATCH original", {
      status: 400,
      code: 50_035,
      message: `No: /webhooks/1/${token}`,
    });
    const refused = await send();
    fake.misbehave(answers.resetBeforeHeaders());
    expect(JSON.stringify([refused, await send()])).not.toContain(token);
  });

  it("is sent once when its answer is lost: whether to repeat it is for the worker to say", async () => {
    fake.misbehave(answers.resetBeforeHeaders());
    expect(await send()).toMatchObject({ ok: false, class: "retry", code: "network" });
    expect(fake.calls).toEqual([]);
  });
});

describe("an answer to a command that is over", () => {
  it.each([
    [404, 10_015, "Unknown Webhook"],
    [404, 10_062, "Unknown interaction"],
    [401, 50_027, "Invalid Webhook Token"],
    [404, 50_027, "Invalid Webhook Token, with another status"],
    [401, 0, "401: Unauthorized"],
  ])("goes into the channel, and the rest with it (%d %d)", async (status, code, message) => {
    fake.refuse("PATCH original", { status, code, message });
    const [first, second] = await say("word ".repeat(500));
    expect([first, second]).toMatchObject([{ address: intoChannel }, { ok: true }]);
    expect(names()).toEqual(["PATCH original", "POST message", "POST message"]);
    expect(fake.sent[0]?.fields).toMatchObject({ ...quiet, enforce_nonce: true });
  });

  it("goes there at once a quarter of an hour after the command", async () => {
    now = sentAt + 15 * 60_000 - 1;
    await send();
    now += 1;
    await send();
    expect(names()).toEqual(["PATCH original", "POST message"]);
  });

  it("waits while Discord may not know yet that the hook has taken the command", async () => {
    for (const code of [10_015, 10_062]) {
      now = sentAt + 14_999;
      fake.refuse("PATCH original", { status: 404, code, message: "Unknown" });
      expect(await send()).toMatchObject({ ok: false, class: "retry", code: String(code) });
      fake.refuse("PATCH original", { status: 404, code, message: "Unknown" });
      now += 1;
      expect(await send()).toMatchObject({ ok: true, address: intoChannel });
    }
  });

  it("comes once to the channel however often it is sent", async () => {
    expect(await send(intoChannel)).toMatchObject({ id: "181" });
    expect(await send(intoChannel)).toMatchObject({ id: "181" });
    const another = await send(intoChannel, `${"m".repeat(510)}#1`);
    expect(another).toEqual({ ok: true, id: "182", address: intoChannel });
    expect(fake.sent.length).toBe(2);
  });

  it("is not tried again with a token that Discord does not know", async () => {
    const dead = { ...credentials, bot_token: "MTEw.GaB.fGh" };
    expect(await send(intoChannel, "t", dead)).toEqual({
      ok: false,
      class: "disconnected",
      code: "401",
      field: "bot_token",
      message:
        "Discord: 401: Unauthorized (401). Reset the token under Bot in the developer portal and give that one.",
    });
    expect(names()).toEqual(["POST message"]);
  });

  it("says what the owner can do where the app is not", async () => {
    fake.refuse("POST message", { status: 403, code: 50_001, message: "Missing Access" });
    expect(await send(intoChannel)).toMatchObject({
      class: "configuration",
      message:
        "Discord: Missing Access (50001). The app does not see this channel. Add it to the server with its install link.",
    });
  });
});

describe("an answer where a user has brought the app along", () => {
  const guest = { ...address, is_guest: 1 };
  const full = { status: 400, code: 40_094, message: "Maximum number of follow up messages" };

  it("goes into the channel after five messages that follow, if it can", async () => {
    fake.tokens.set(token, 6);
    fake.refuse("POST follow-up", full);
    expect(await send({ ...guest, sent: 6 })).toEqual({
      ok: true,
      id: "181",
      address: { ...intoChannel, is_guest: 1 },
    });
  });

  it("ends there otherwise, which is no fault of the owner, and says how much came", async () => {
    fake.tokens.set(token, 6);
    fake.refuse("POST follow-up", full);
    fake.refuse("POST message", { status: 403, code: 50_001, message: "Missing Access" });
    expect(await send({ ...guest, sent: 6 })).toMatchObject({
      ok: false,
      class: "recipient",
      code: "50001",
      message: expect.stringContaining("Messages that came before: 6."),
    });
  });
});

describe("limits of Discord", () => {
  const bucket = (remaining: number, after: string, name = "abcd1234") => ({
    "x-ratelimit-limit": "5",
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset-after": after,
    "x-ratelimit-bucket": name,
  });
  const later = { ...address, sent: 1 };

  it("are obeyed before they are reached, also where two routes share one", async () => {
    fake.limit("PATCH original", bucket(2, "1.5"));
    fake.limit("POST follow-up", bucket(1, "1.5"));
    fake.limit("PATCH original", bucket(0, "1.2345"));
    for (const to of [address, later, address]) expect(await send(to)).toMatchObject({ ok: true });
    expect(await send(later)).toEqual({
      ok: false,
      class: "retry",
      code: "rate_limited",
      message: "Discord wants no more calls of this kind now.",
      retry_after_ms: 1_235,
    });
    now += 1_234;
    expect(await send(later)).toMatchObject({ retry_after_ms: 1 });
    now += 1;
    expect(await send(later)).toMatchObject({ ok: true });
    expect(fake.calls.length).toBe(4);
  });

  it("are those of one command, or of one channel", async () => {
    fake.tokens.set("another", 0);
    fake.limit("PATCH original", bucket(0, "2"));
    await send();
    expect(await send()).toMatchObject({ class: "retry" });
    expect(await send({ ...address, token: "another" })).toMatchObject({ ok: true });
    fake.limit("POST message", bucket(0, "2", "efgh5678"));
    await send(intoChannel, "a");
    expect(await send(intoChannel, "b")).toMatchObject({ class: "retry" });
    const thread = { ...intoChannel, channel_id: ids.thread };
    expect(await send(thread, "c")).toMatchObject({ ok: true });
  });

  it("are remembered when they were reached", async () => {
    const said = { message: "You are being rate limited.", retry_after: 64.57, global: false };
    fake.refuse("POST message", { status: 429, headers: { "retry-after": "65" }, ...said });
    expect(await send(intoChannel)).toMatchObject({ retry_after_ms: 64_570 });
    now += 60_000;
    expect(await send(intoChannel)).toMatchObject({ code: "rate_limited", retry_after_ms: 4_570 });
    expect(fake.calls.length).toBe(1);
  });

  it("are of all that a bot calls, but for its answers to commands", async () => {
    const said = { message: "You are being rate limited.", retry_after: 2, global: true };
    fake.refuse("POST message", { status: 429, ...said });
    await send(intoChannel);
    expect(await adapter.probe(deps, channel)).toMatchObject({ retry_after_ms: 2_000 });
    const thread = { ...intoChannel, channel_id: ids.thread };
    expect(await send(thread)).toMatchObject({ retry_after_ms: 2_000 });
    expect(await send()).toMatchObject({ ok: true });
  });
});
