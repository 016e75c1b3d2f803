import { adapter } from "#shared/platforms/discord/adapter";
import { inbound } from "#shared/platforms/discord/inbound";
import { comesIn } from "../fixtures/discord/comes-in.ts";
import { ids, sentAt, token } from "../fixtures/discord/interactions.ts";
import { discordCall, others } from "./discord-call.ts";
import { credentials } from "./discord-channel.ts";
import { type FakeDiscord, startFakeDiscord } from "./fake-discord.ts";
import type { PlatformCase } from "./platform-case.ts";

/** Where the answer to the command of all fixtures goes. */
export const address = {
  channel_id: ids.channel,
  size_limit: 10_485_760,
  is_guest: 0,
  application_id: ids.application,
  token,
  token_until: sentAt + 15 * 60_000,
  sent: 0,
};

/** How the token of a command is over for Discord. */
export const over = { status: 401, code: 50_027, message: "Invalid Webhook Token" };

const intoChannel = (fake: FakeDiscord, error: Parameters<FakeDiscord["refuse"]>[1]) => {
  fake.refuse("PATCH original", over);
  fake.refuse("POST message", error);
};

/** Discord, as the suite over all platforms needs to know it. */
export const discord: PlatformCase<"discord", FakeDiscord> = {
  name: "discord",
  adapter,
  inbound,
  account: { id: ids.application, user_id: ids.bot, username: "ourbot", name: "Our bot" },
  channel: {
    credentials,
    hook_url: "https://chat.example/hooks/discord/ch_1",
    hook_secret: "0123456789abcdefghijklmnopqrstuvwxyz_-ABCDEF",
    answers_all_in_groups: false,
  },
  no_secrets: ["application_id", "public_key"],
  start: () => startFakeDiscord(credentials.bot_token),
  signed: (body, now) => discordCall(JSON.stringify(body) ?? "", now),
  forged: (body, now) => {
    const words = JSON.stringify(body);
    const call = discordCall(words, now);
    const withHeaders = (headers: Partial<typeof call.headers>) => ({
      ...call,
      headers: { ...call.headers, ...headers },
    });
    const signature = call.headers["x-signature-ed25519"];
    const time = "x-signature-timestamp";
    return [
      ["without headers", { ...call, headers: {} }],
      ["with another key", discordCall(words, now, others)],
      ["more than five minutes ago", discordCall(words, now - 301_000)],
      ["in the time to come", discordCall(words, now + 301_000)],
      ["with another time than was signed", withHeaders({ [time]: String(now / 1_000 + 1) })],
      ["with a time that is none", withHeaders({ [time]: "NaN" })],
      ["without a time", withHeaders({ [time]: "" })],
      ["with another body", { ...call, body: Buffer.from(`${words} `) }],
      ["with half a signature", withHeaders({ "x-signature-ed25519": signature.slice(0, 64) })],
      ["with more than a signature", withHeaders({ "x-signature-ed25519": `${signature}00` })],
      ["with a signature of nothing", withHeaders({ "x-signature-ed25519": "0".repeat(128) })],
      ["with an empty signature", withHeaders({ "x-signature-ed25519": "" })],
    ];
  },
  comesIn,
  address,
  refusals: [
    ...(
      [
        [401, 0, "401: Unauthorized", "disconnected"],
        [401, 40_001, "Unauthorized", "disconnected"],
        [400, 40_001, "Unauthorized, with another status", "disconnected"],
        [401, 50_014, "Invalid authentication token", "disconnected"],
        [403, 50_001, "Missing Access", "configuration"],
        [403, 50_013, "Missing Permissions", "configuration"],
        [404, 10_003, "Unknown Channel", "recipient"],
        [404, 10_004, "Unknown Guild", "recipient"],
        [403, 50_007, "Cannot send messages to this user", "recipient"],
        [403, 50_278, "No mutual guilds", "recipient"],
        [400, 50_083, "Thread is archived", "recipient"],
        [400, 160_005, "Thread is locked", "recipient"],
        [429, 20_016, "Slowmode rate limit", "recipient"],
        [400, 200_000, "Blocked by automatic moderation", "recipient"],
        [400, 240_000, "Blocked by harmful links filter", "recipient"],
        [403, 50_009, "Verification level is too high", "recipient"],
        [400, 130_000, "API resource is overloaded", "retry"],
        [400, 110_000, "Index not yet available", "retry"],
        [400, 110_001, "Application not yet available", "retry"],
        [400, 40_004, "Send messages has been temporarily disabled", "retry"],
        [400, 40_062, "Service resource is being rate limited", "retry"],
        [400, 20_028, "Write rate limit of the channel", "retry"],
        [400, 20_029, "Write rate limit of the server", "retry"],
        [403, 40_333, "internal network error", "retry"],
        [500, 0, "500: Internal Server Error", "retry"],
        [400, 50_006, "Cannot send an empty message", "refused"],
        [400, 50_035, "Invalid Form Body", "refused"],
        [400, 50_024, "Cannot execute action on this channel type", "refused"],
        [413, 40_005, "Request entity too large", "refused"],
        [400, 999_999, "Something new", "refused"],
      ] as const
    ).map(([status, code, message, kind]) => ({
      says: `${message} (${code})`,
      plan: (fake: FakeDiscord) => intoChannel(fake, { status, code, message }),
      class: kind,
    })),
    {
      says: "a limit of the channel",
      plan: (fake) =>
        intoChannel(fake, {
          status: 429,
          headers: { "retry-after": "65", "x-ratelimit-scope": "user" },
          message: "You are being rate limited.",
          retry_after: 64.57,
          global: false,
        }),
      class: "retry",
      retry_after_ms: 64_570,
    },
    {
      says: "a limit of the command",
      plan: (fake) =>
        fake.refuse("PATCH original", {
          status: 429,
          message: "You are being rate limited.",
          retry_after: 0.3,
          global: false,
        }),
      class: "retry",
      retry_after_ms: 300,
    },
    {
      says: "a limit of everybody here, by what stands before it",
      plan: (fake) => intoChannel(fake, { status: 429, headers: { "retry-after": "30" } }),
      class: "retry",
      retry_after_ms: 30_000,
    },
    {
      says: "status 403 without a word",
      plan: (fake) => intoChannel(fake, { status: 403 }),
      class: "retry",
    },
    {
      says: "status 404 without a word",
      plan: (fake) => intoChannel(fake, { status: 404 }),
      class: "refused",
    },
    {
      says: "a form that is wrong, to an answer",
      plan: (fake) =>
        fake.refuse("PATCH original", { status: 400, code: 50_035, message: "Invalid Form Body" }),
      class: "refused",
    },
  ],
  tell: (fake, words) =>
    fake.refuse("PATCH original", {
      status: 400,
      code: 50_035,
      message: words,
      errors: { content: { 0: { _errors: [{ code: words, message: words }] } } },
    }),
};
