import { describe, expect, it } from "@jest/globals";
import { answers } from "#test/support/fake-backend";
import { aWebhookEndpoint } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";
import { eventsOf } from "#test/support/webhook-endpoints";
import { aWhatsAppBot, credentials, useWhatsApp } from "#test/support/whatsapp-channel";

const platform = usePlatform();
const whatsapp = useWhatsApp();
const minute = 60_000;

async function aChannel() {
  const team = await platform.team();
  const bot = await aWhatsAppBot(platform, team);
  const { id } = (await bot.create()).body.data;
  return { ...bot, team, id, read: () => bot.read(id) };
}
const asked = () => whatsapp.fake.calls.filter(({ name }) => name === "GET number").length;
const dead = () =>
  whatsapp.fake.refuse("GET number", { status: 401, code: 190, message: "Session has expired" });

describe("GET /v1/channels/{id} of a WhatsApp channel", () => {
  it("asks Meta at most once a minute, whoever asks", async () => {
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

  it("tells where messages go since somebody else set an address, until it is ours again", async () => {
    const channel = await aChannel();
    const url = "https://n8n.example/webhook";
    whatsapp.fake.hooks.phone_number = url;
    expect(await channel.read()).toMatchObject({
      status: "connected",
      status_reason: expect.stringContaining(`${url}, which is its own address`),
      health: { ok: false, problems: [{ code: "webhook_elsewhere" }] },
    });
    const { body } = await channel.call("updateChannel", channel.id, { credentials });
    expect(body.data).toMatchObject({
      status_reason: null,
      setup: { replaced_url: url },
      health: { ok: true },
    });
  });

  it("tells that the app hears nothing of messages any more", async () => {
    const channel = await aChannel();
    whatsapp.fake.subscribed.length = 0;
    whatsapp.fake.appHooks = [];
    expect(await channel.read()).toMatchObject({
      health: { problems: [{ code: "not_subscribed" }, { code: "messages_not_subscribed" }] },
    });
  });

  it.each([
    ["answers with 502", answers.status(502)],
    ["sends a page", answers.html("<p>hello</p>")],
  ])("shows the channel while Meta %s, and goes on with it", async (_, answer) => {
    const channel = await aChannel();
    whatsapp.fake.misbehave(answer);
    expect(await channel.read()).toMatchObject({
      status: "connected",
      status_reason: null,
      health: { ok: false, problems: [{ code: expect.any(String) }] },
    });
  });

  it("disconnects the channel when its token has ended, tells so once, and connects it when it is good", async () => {
    const channel = await aChannel();
    const url = "https://127.0.0.1:1/";
    await aWebhookEndpoint(platform, channel.team.key, { url, events: ["*"] });
    dead();
    expect(await channel.read()).toMatchObject({
      status: "disconnected",
      status_reason: expect.stringContaining("Make a permanent token"),
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

  it("asks nothing for another team, which finds no such channel", async () => {
    const [channel, other] = [await aChannel(), await aWhatsAppBot(platform)];
    const before = asked();
    expect((await other.call("getChannel", channel.id)).status).toBe(404);
    expect(asked()).toBe(before);
  });
});
