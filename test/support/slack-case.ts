import { adapter } from "#shared/platforms/slack/adapter";
import { inbound } from "#shared/platforms/slack/inbound";
import { comesIn } from "../fixtures/slack/comes-in.ts";
import { channels } from "../fixtures/slack/events.ts";
import { type FakeSlack, slackCall, startFakeSlack } from "./fake-slack.ts";
import type { PlatformCase } from "./platform-case.ts";
import { credentials } from "./slack-channel.ts";

const { bot_token, signing_secret } = credentials;

/** Slack, as the suite over all platforms needs to know it. */
export const slack: PlatformCase<"slack", FakeSlack> = {
  name: "slack",
  adapter,
  inbound,
  account: { id: "T0ACME:U0BOT", user_id: "U0BOT", username: "ourbot", name: "ourbot" },
  channel: {
    credentials,
    hook_url: "https://chat.example/hooks/slack/ch_1",
    hook_secret: "0123456789abcdefghijklmnopqrstuvwxyz_-ABCDEF",
    answers_all_in_groups: false,
  },
  start: () => startFakeSlack(bot_token),
  signed: (body, now) => slackCall(JSON.stringify(body) ?? "", signing_secret, now),
  forged: (body, now) => {
    const words = JSON.stringify(body);
    const call = slackCall(words, signing_secret, now);
    const withHeaders = (headers: Partial<typeof call.headers>) => ({
      ...call,
      headers: { ...call.headers, ...headers },
    });
    const signature = call.headers["x-slack-signature"];
    return [
      ["without headers", { ...call, headers: {} }],
      ["with another secret", slackCall(words, `${signing_secret}0`, now)],
      ["with an empty secret", slackCall(words, "", now)],
      ["more than five minutes ago", slackCall(words, signing_secret, now - 301_000)],
      ["in the time to come", slackCall(words, signing_secret, now + 301_000)],
      [
        "with another time than was signed",
        withHeaders({ "x-slack-request-timestamp": String(now / 1_000 + 1) }),
      ],
      ["with a time that is none", withHeaders({ "x-slack-request-timestamp": "NaN" })],
      ["with another body", { ...call, body: Buffer.from(`${words} `) }],
      [
        "with a signature of another version",
        withHeaders({ "x-slack-signature": signature.slice(3) }),
      ],
      ["with half a signature", withHeaders({ "x-slack-signature": signature.slice(0, 35) })],
      ["with an empty signature", withHeaders({ "x-slack-signature": "" })],
    ];
  },
  comesIn,
  address: { channel: channels.public, thread_ts: "1796000000.000100" },
  refusals: [
    ...(
      [
        ["invalid_auth", "disconnected"],
        ["not_authed", "disconnected"],
        ["account_inactive", "disconnected"],
        ["token_revoked", "disconnected"],
        ["token_expired", "disconnected"],
        ["not_allowed_token_type", "disconnected"],
        ["missing_scope", "configuration"],
        ["no_permission", "configuration"],
        ["app_access_restricted", "configuration"],
        ["access_denied", "configuration"],
        ["accesslimited", "configuration"],
        ["messages_tab_disabled", "configuration"],
        ["org_login_required", "configuration"],
        ["two_factor_setup_required", "configuration"],
        ["ekm_access_denied", "configuration"],
        ["team_access_not_granted", "configuration"],
        ["enterprise_is_restricted", "configuration"],
        ["channel_not_found", "recipient"],
        ["not_in_channel", "recipient"],
        ["is_archived", "recipient"],
        ["restricted_action", "recipient"],
        ["restricted_action_read_only_channel", "recipient"],
        ["restricted_action_thread_only_channel", "recipient"],
        ["message_limit_exceeded", "recipient"],
        ["user_not_found", "recipient"],
        ["ratelimited", "retry"],
        ["rate_limited", "retry"],
        ["internal_error", "retry"],
        ["service_unavailable", "retry"],
        ["request_timeout", "retry"],
        ["team_added_to_org", "retry"],
        ["fatal_error", "retry"],
        ["markdown_text_conflict", "refused"],
        ["msg_too_long", "refused"],
        ["msg_blocks_too_long", "refused"],
        ["invalid_blocks", "refused"],
        ["no_text", "refused"],
        ["something_new", "refused"],
        ["constructor", "refused"],
      ] as const
    ).map(([error, kind]) => ({
      says: error,
      plan: (fake: FakeSlack) => fake.refuse("chat.postMessage", { error }),
      class: kind,
    })),
    {
      says: "ratelimited for 30 seconds",
      plan: (fake) =>
        fake.refuse("chat.postMessage", {
          error: "ratelimited",
          status: 429,
          headers: { "retry-after": "30" },
        }),
      class: "retry",
      retry_after_ms: 30_000,
    },
    {
      says: "status 404 with a page",
      plan: (fake) => fake.refuse("chat.postMessage", { status: 404 }),
      class: "refused",
    },
  ],
  tell: (fake, words) =>
    fake.refuse("chat.postMessage", {
      error: words,
      needed: words,
      response_metadata: { messages: [words] },
    }),
};
