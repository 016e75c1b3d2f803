import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers } from "#test/support/fake-backend";
import { whatsAppCall } from "#test/support/fake-whatsapp";
import { usePlatform } from "#test/support/test-platform";
import { aWhatsAppBot, credentials, useWhatsApp } from "#test/support/whatsapp-channel";
import { text } from "../fixtures/whatsapp/calls.ts";

const platform = usePlatform();
const whatsapp = useWhatsApp();
const minute = 60_000;

/** Another number of the same account. */
const other = { ...credentials, phone_number_id: "106540352242999" };

async function aChannel() {
  const bot = await aWhatsAppBot(platform);
  const { id, webhook_url: url } = (await bot.create()).body.data;
  const account = (of: string) =>
    platform.table.get(keys.platformAccount(bot.team_id, "whatsapp", of));
  return {
    ...bot,
    id,
    url,
    patch: (body: unknown) => bot.call("updateChannel", id, body),
    connection: () => platform.table.get(keys.connection(bot.team_id, id)),
    account,
    /** The status of a call that was signed with this secret. */
    called: async (app_secret: string) => {
      const call = whatsAppCall(JSON.stringify(text("Hi")), app_secret);
      const { status } = await platform.call("receiveWhatsAppCall", {
        params: { channel_id: id },
        headers: call.headers,
        rawBody: call.body,
      });
      return status;
    },
  };
}

describe("PATCH /v1/channels/{id} of a WhatsApp channel", () => {
  it("asks Meta nothing about a new name or whether it is enabled", async () => {
    const channel = await aChannel();
    const before = whatsapp.fake.calls.length;
    const { body } = await channel.patch({ name: "Support", enabled: false });
    expect(body.data).toMatchObject({ name: "Support", enabled: false, status: "connected" });
    expect(whatsapp.fake.calls).toHaveLength(before);
  });

  it("takes another app secret, and what was signed with the old one no more", async () => {
    const channel = await aChannel();
    const app_secret = "fedcba9876543210fedcba9876543210";
    expect(await channel.called(app_secret)).toBe(401);
    whatsapp.fake.secret = app_secret;
    const { body } = await channel.patch({ credentials: { ...credentials, app_secret } });
    expect(body.data.status).toBe("connected");
    expect(await channel.called(app_secret)).toBe(200);
    expect(await channel.called(credentials.app_secret)).toBe(401);
  });

  it("moves to another number: the first has no address of ours any more, and is free", async () => {
    const channel = await aChannel();
    const hooks = whatsapp.fake.addNumber(other.phone_number_id);
    const { status, body } = await channel.patch({ credentials: other });
    expect([status, body.data.status]).toEqual([200, "connected"]);
    await platform.settle();
    expect([whatsapp.fake.hooks, hooks]).toEqual([{}, { phone_number: channel.url }]);
    expect(await channel.account(credentials.phone_number_id)).toBeUndefined();
    expect(await channel.account(other.phone_number_id)).toMatchObject({ channel_id: channel.id });
    expect(await channel.connection()).toBeUndefined();
    expect((await channel.create()).status).toBe(201);
  });

  it("changes nothing for what Meta refuses, and for a part of the credentials", async () => {
    const channel = await aChannel();
    const row = await channel.read(channel.id);
    const refused = await channel.patch({ name: "New", credentials: other });
    expect(refused).toBeRefused(422, "channel_credentials_rejected");
    const { access_token } = credentials;
    const half = await channel.patch({ name: "New", credentials: { access_token } });
    expect(half).toBeRefused(422, "validation_error");
    expect(await channel.read(channel.id)).toEqual(row);
    expect(await channel.called(credentials.app_secret)).toBe(200);
  });

  it("refuses the number of another channel of the team", async () => {
    const channel = await aChannel();
    whatsapp.fake.addNumber(other.phone_number_id);
    const second = await channel.create(other);
    const answer = await channel.call("updateChannel", second.body.data.id, { credentials });
    expect(answer).toBeRefused(409, "conflict");
  });

  it("is pending with new credentials while Meta is away, and connected later", async () => {
    const channel = await aChannel();
    whatsapp.fake.misbehave(answers.status(500));
    whatsapp.fake.misbehave(answers.status(500));
    const { body } = await channel.patch({ credentials });
    expect(body.data.status).toBe("pending");
    platform.advance(minute);
    await platform.settle();
    expect((await channel.read(channel.id)).status).toBe("connected");
    expect(await channel.account(credentials.phone_number_id)).toMatchObject({
      channel_id: channel.id,
    });
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "ends with the new number connected and the old one free when it dies anywhere (%s) and is repeated",
    async (loses) => {
      await dyingAtEachCall(platform, loses, async () => {
        const channel = await aChannel();
        const hooks = whatsapp.fake.addNumber(other.phone_number_id);
        return {
          run: () => channel.patch({ credentials: other }),
          check: async (_, again) => {
            expect([again.status, again.body.data?.status]).toEqual([200, "connected"]);
            // Time that passes ends the call of a worker that is at it, which is tried again after five minutes.
            await platform.settle();
            platform.advance(6 * minute);
            await platform.sweep();
            await platform.settle();
            expect(await channel.account(credentials.phone_number_id)).toBeUndefined();
            expect(await channel.account(other.phone_number_id)).toMatchObject({
              channel_id: channel.id,
            });
            expect(await channel.connection()).toBeUndefined();
            expect([whatsapp.fake.hooks, hooks]).toEqual([{}, { phone_number: channel.url }]);
          },
        };
      });
    },
  );
});
