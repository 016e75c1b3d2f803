import { describe, expect, it } from "@jest/globals";
import { answers } from "#test/support/fake-backend";
import { aWebhookEndpoint } from "#test/support/make";
import { aSlackBot, credentials, useSlack } from "#test/support/slack-channel";
import { usePlatform } from "#test/support/test-platform";
import { eventsOf } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const slack = useSlack();
const minute = 60_000;

async function aChannel() {
  const team = await platform.team();
  const bot = await aSlackBot(platform, team);
  const { id } = (await bot.create()).body.data;
  return { ...bot, team, id, read: () => bot.read(id) };
}
const asked = () => slack.fake.calls.filter(({ name }) => name === "auth.test").length;
const dead = () => slack.fake.refuse("auth.test", { error: "account_inactive" });

describe("GET /v1/channels/{id} of a Slack channel", () => {
  it("asks Slack at most once a minute, whoever asks", async () => {
    const channel = await aChannel();
    const before = asked();
    await Promise.all([channel.read(), channel.read(), channel.read()]);
    expect(asked()).toBe(before + 1);
    platform.advance(minute - 1);
    await channel.read();
    expect(asked()).toBe(before + 1);
    platform.advance(1);
    expect(await channel.read()).toMatchObject({
      health: { checked_at: new Date(platform.clock()).toISOString(), ok: true, problems: [] },
    });
    expect(asked()).toBe(before + 2);
  });

  it("shows what is to be pasted at Slack, each time", async () => {
    const channel = await aChannel();
    const { setup, webhook_url } = await channel.read();
    expect(setup.manifest).toContain(webhook_url);
    expect(setup.steps.join(" ")).toMatch(/App Manifest.*verify.*Install App.*\/invite/);
  });

  it("names the scopes that are missing, until the app is installed with them", async () => {
    const channel = await aChannel();
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

  it.each([
    ["answers with 502", answers.status(502)],
    ["sends a page", answers.html("<p>hello</p>")],
  ])("shows the channel while Slack %s, and goes on with it", async (_, answer) => {
    const channel = await aChannel();
    slack.fake.misbehave(answer);
    expect(await channel.read()).toMatchObject({
      status: "connected",
      status_reason: null,
      health: { ok: false, problems: [{ code: expect.any(String) }] },
    });
  });

  it("disconnects the channel when its token is dead, tells so once, and connects it when it is good", async () => {
    const channel = await aChannel();
    const url = "https://127.0.0.1:1/";
    await aWebhookEndpoint(platform, channel.team.key, { url, events: ["*"] });
    dead();
    expect(await channel.read()).toMatchObject({
      status: "disconnected",
      status_reason: expect.stringContaining("account_inactive"),
    });
    dead();
    platform.advance(minute);
    expect((await channel.read()).status).toBe("disconnected");
    await platform.settle();
    expect(await eventsOf(channel.team)).toHaveLength(1);
    platform.advance(minute);
    expect((await channel.read()).status).toBe("pending");
    await platform.settle();
    expect((await channel.read()).status).toBe("connected");
  });

  it("connects it again with new credentials too", async () => {
    const channel = await aChannel();
    dead();
    await channel.read();
    const { body } = await channel.call("updateChannel", channel.id, { credentials });
    expect(body.data).toMatchObject({ status: "connected", status_reason: null });
  });

  it("asks nothing for another team, which finds no such channel", async () => {
    const [channel, other] = [await aChannel(), await aSlackBot(platform)];
    const before = asked();
    expect((await other.call("getChannel", channel.id)).status).toBe(404);
    expect(asked()).toBe(before);
  });
});
