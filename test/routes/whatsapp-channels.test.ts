import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { aBotOf, aChannelOf } from "#test/support/case-channel";
import { whatsapp as one } from "#test/support/channel-cases";
import { whatsAppCall } from "#test/support/fake-whatsapp";
import { usePlatform } from "#test/support/test-platform";
import { credentials, useWhatsApp } from "#test/support/whatsapp-channel";
import { shakenBy } from "#test/support/whatsapp-chat";
import { text } from "../fixtures/whatsapp/calls.ts";

// What the channels of all platforms have in common: platform-channels.test.ts.
const platform = usePlatform();
const whatsapp = useWhatsApp();
const minute = 60_000;
const elsewhere = "https://n8n.example/webhook";

/** The status of a call to the hook that was signed with this secret. */
async function called(channel_id: string, app_secret: string) {
  const call = whatsAppCall(JSON.stringify(text("Hi")), app_secret);
  const { status } = await platform.call("receiveWhatsAppCall", {
    params: { channel_id },
    headers: call.headers,
    rawBody: call.body,
  });
  return status;
}

describe("POST /v1/bots/{bot_id}/channels of the type whatsapp", () => {
  it("checks the credentials, has Meta call the hook, and answers when Meta asks whether it is ours", async () => {
    whatsapp.fake.shake = shakenBy(platform);
    const bot = await aBotOf(platform, one);
    const { id, setup, status, webhook_url } = (await bot.create()).body.data;
    expect(status).toBe("connected");
    expect(setup.steps[0]).toContain("publish the app");
    expect(whatsapp.fake.hooks).toEqual({ phone_number: webhook_url });
    expect(await platform.table.get(keys.hook(id))).toMatchObject({
      // Sealed: an app secret's digest would prove nothing.
      verifier: { ciphertext: expect.any(Uint8Array), key: 1 },
      account: { id: credentials.phone_number_id, user_id: "15550783881", name: "Lucky Shrub" },
    });
  });

  it.each([
    ["access_token", "EAAJB0123456789abcdefghijklmnopqrstuvwxyz", /^WhatsApp: Invalid OAuth/],
    ["phone_number_id", "106540352242923", /reaches no number/],
    ["waba_id", "102290129340399", /not the account of the number/],
    ["app_secret", "f".repeat(32), /^WhatsApp: Invalid appsecret_proof/],
  ])("answers 422 for another %s, and changes nothing at Meta", async (field, value, message) => {
    const bot = await aBotOf(platform, one);
    const wrong = await bot.create({ ...credentials, [field]: value });
    expect(wrong).toBeRefused(422, "channel_credentials_rejected");
    expect(wrong.body.error.details).toEqual([
      { path: `body.credentials.${field}`, message: expect.stringMatching(message) },
    ]);
    const names = whatsapp.fake.calls.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("POST"))).toEqual([]);
  });

  it("points at what is missing, and at what is of another platform", async () => {
    const bot = await aBotOf(platform, one);
    const { app_secret: _, ...given } = credentials;
    const answer = await bot.create({ ...given, bot_token: "x" });
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([
      { path: "body.credentials.bot_token", message: "There is no such field." },
      { path: "body.credentials.app_secret", message: "Required for the type whatsapp." },
    ]);
  });

  it("is connected and tells whose address it replaced, and that the token ends", async () => {
    const bot = await aBotOf(platform, one);
    whatsapp.fake.hooks.application = elsewhere;
    whatsapp.fake.token = { ...whatsapp.fake.token, expires_at: platform.clock() / 1_000 + 3_600 };
    const { body } = await bot.create();
    expect(body.data).toMatchObject({
      status: "connected",
      status_reason: expect.stringContaining("The token ends at 2026-03-04T06:06:00.000Z"),
      setup: { replaced_url: elsewhere },
      health: { ok: false, problems: [{ code: "token_expires" }] },
    });
  });

  it("is pending while Meta cannot reach the hook, says so, and is connected by the worker later", async () => {
    const bot = await aBotOf(platform, one);
    whatsapp.fake.shake = async () => false;
    const { status, body } = await bot.create();
    expect([status, body.data.status]).toEqual([201, "pending"]);
    expect(body.data.status_reason).toContain("Meta has to reach our address from outside");
    whatsapp.fake.shake = shakenBy(platform);
    platform.advance(minute);
    await platform.settle();
    expect(await bot.read(body.data.id)).toMatchObject({
      status: "connected",
      status_reason: null,
    });
  });
});

describe("GET /v1/channels/{id} of a WhatsApp channel", () => {
  it("tells where messages go since somebody else set an address, until it is ours again", async () => {
    const channel = await aChannelOf(platform, one);
    whatsapp.fake.hooks.phone_number = elsewhere;
    expect(await channel.read()).toMatchObject({
      status: "connected",
      status_reason: expect.stringContaining(`${elsewhere}, which is its own address`),
      health: { ok: false, problems: [{ code: "webhook_elsewhere" }] },
    });
    const { body } = await channel.patch({ credentials });
    expect(body.data).toMatchObject({
      status_reason: null,
      setup: { replaced_url: elsewhere },
      health: { ok: true },
    });
  });

  it("tells that the app hears nothing of messages any more", async () => {
    const channel = await aChannelOf(platform, one);
    whatsapp.fake.subscribed.length = 0;
    whatsapp.fake.appHooks = [];
    expect(await channel.read()).toMatchObject({
      health: { problems: [{ code: "not_subscribed" }, { code: "messages_not_subscribed" }] },
    });
  });
});

describe("PATCH /v1/channels/{id} of a WhatsApp channel", () => {
  it("takes another app secret, and what was signed with the old one no more", async () => {
    const { id, patch } = await aChannelOf(platform, one);
    const app_secret = "fedcba9876543210fedcba9876543210";
    expect(await called(id, app_secret)).toBe(401);
    whatsapp.fake.secret = app_secret;
    const { body } = await patch({ credentials: { ...credentials, app_secret } });
    expect(body.data.status).toBe("connected");
    expect(await called(id, app_secret)).toBe(200);
    expect(await called(id, credentials.app_secret)).toBe(401);
  });
});

describe("DELETE /v1/channels/{id} of a WhatsApp channel", () => {
  it("leaves the account subscribed", async () => {
    const channel = await aChannelOf(platform, one);
    const subscribed = [...whatsapp.fake.subscribed];
    await channel.remove();
    await platform.settle();
    expect([whatsapp.fake.hooks, whatsapp.fake.subscribed]).toEqual([{}, subscribed]);
  });

  it("takes away an address that was still being set", async () => {
    const channel = await aChannelOf(platform, one);
    // Meta asks back before it obeys.
    whatsapp.fake.shake = async () => {
      await channel.remove();
      await platform.settle();
      return true;
    };
    expect((await channel.patch({ credentials })).status).toBe(404);
    await platform.settle();
    expect(await channel.connection()).toBeUndefined();
    expect(whatsapp.fake.hooks).toEqual({});
  });

  it("leaves an address that somebody else has set since", async () => {
    const channel = await aChannelOf(platform, one);
    whatsapp.fake.hooks.phone_number = elsewhere;
    await channel.remove();
    await platform.settle();
    expect(await channel.connection()).toBeUndefined();
    expect(whatsapp.fake.hooks.phone_number).toBe(elsewhere);
  });

  it("gives up on an address behind a dead token", async () => {
    const channel = await aChannelOf(platform, one);
    whatsapp.fake.refuse("GET number", { status: 401, code: 190 });
    await channel.remove();
    await platform.settle();
    expect(await channel.connection()).toBeUndefined();
  });
});
