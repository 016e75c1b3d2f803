import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { aBotOf, aChannelOf } from "#test/support/case-channel";
import { slack as one } from "#test/support/channel-cases";
import { slackCall } from "#test/support/fake-slack";
import { credentials, useSlack } from "#test/support/slack-channel";
import { usePlatform } from "#test/support/test-platform";
import { message } from "../fixtures/slack/events.ts";

// What the channels of all platforms have in common: platform-channels.test.ts.
const platform = usePlatform();
const slack = useSlack();
const minute = 60_000;

/** The status of a call to the hook that was signed with this secret. */
async function called(channel_id: string, signing_secret: string) {
  const call = slackCall(JSON.stringify(message()), signing_secret, platform.clock());
  const { status } = await platform.call("receiveSlackEvent", {
    params: { channel_id },
    headers: call.headers,
    rawBody: call.body,
  });
  return status;
}

describe("POST /v1/bots/{bot_id}/channels of the type slack", () => {
  it("checks the token, and gives what its owner pastes at Slack", async () => {
    const bot = await aBotOf(platform, one);
    const { id, webhook_url, setup } = (await bot.create()).body.data;
    const manifest = JSON.parse(setup.manifest);
    expect(manifest.settings.event_subscriptions.request_url).toBe(webhook_url);
    expect(setup.steps[0]).toContain("App Manifest");
    expect(new Set(slack.fake.calls.map(({ name }) => name))).toEqual(new Set(["auth.test"]));
    expect(await platform.table.get(keys.hook(id))).toMatchObject({
      // Sealed: a signing secret's digest would prove nothing.
      verifier: { ciphertext: expect.any(Uint8Array), key: 1 },
      account: { id: "T0ACME:U0BOT", user_id: "U0BOT", username: "ourbot", name: "ourbot" },
    });
  });

  it.each([
    ["one that Slack does not know", "xoxb-1-2-revoked", /^Slack: invalid_auth\. Slack does not/],
    ["one that rotates", "xoxe.xoxb-1-MS0yLWFiYw", /lasts for twelve hours/],
    ["one of a person", "xoxp-123456789012-123456789012", /begins with xoxb-/],
    ["what is none", "no token", /begins with xoxb-/],
  ])("answers 422 for %s as the token", async (_, bot_token, message) => {
    const bot = await aBotOf(platform, one);
    const wrong = await bot.create({ ...credentials, bot_token });
    expect(wrong).toBeRefused(422, "channel_credentials_rejected");
    expect(wrong.body.error.details).toEqual([
      { path: "body.credentials.bot_token", message: expect.stringMatching(message) },
    ]);
  });

  it.each([
    ["no signing secret", { bot_token: credentials.bot_token }, "signing_secret"],
    ["no token", { signing_secret: credentials.signing_secret }, "bot_token"],
  ])("points at what is missing for %s", async (_, given, name) => {
    const bot = await aBotOf(platform, one);
    const answer = await bot.create(given);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([
      { path: `body.credentials.${name}`, message: "Required for the type slack." },
    ]);
  });

  it("is connected and tells which scopes are missing", async () => {
    const bot = await aBotOf(platform, one);
    slack.fake.scopes = "chat:write,im:history";
    const { body } = await bot.create();
    expect(body.data).toMatchObject({
      status: "connected",
      status_reason: expect.stringContaining("users:read"),
      health: { ok: false, problems: [{ code: "missing_scope" }] },
    });
  });
});

describe("GET /v1/channels/{id} of a Slack channel", () => {
  it("shows what is to be pasted at Slack, each time", async () => {
    const channel = await aChannelOf(platform, one);
    const { setup, webhook_url } = await channel.read();
    expect(setup.manifest).toContain(webhook_url);
    expect(setup.steps.join(" ")).toMatch(/App Manifest.*verify.*Install App.*\/invite/);
  });

  it("names the scopes that are missing, until the app is installed with them", async () => {
    const channel = await aChannelOf(platform, one);
    const { scopes } = slack.fake;
    slack.fake.scopes = scopes.replace(",files:read", "");
    expect(await channel.read()).toMatchObject({
      status: "connected",
      status_reason: expect.stringContaining("files:read"),
      health: { ok: false, problems: [{ code: "missing_scope" }] },
    });
    slack.fake.scopes = scopes;
    platform.advance(minute);
    expect(await channel.read()).toMatchObject({ status_reason: null, health: { ok: true } });
  });
});

describe("PATCH /v1/channels/{id} of a Slack channel", () => {
  it("takes another signing secret, and what was signed with the old one no more", async () => {
    const { id, patch } = await aChannelOf(platform, one);
    const { signing_secret } = one.other.credentials;
    expect(await called(id, signing_secret)).toBe(401);
    const { body } = await patch({ credentials: { ...credentials, signing_secret } });
    expect(body.data.status).toBe("connected");
    expect(await called(id, signing_secret)).toBe(200);
    expect(await called(id, credentials.signing_secret)).toBe(401);
  });
});
