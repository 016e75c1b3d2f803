import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers } from "#test/support/fake-backend";
import { usePlatform } from "#test/support/test-platform";
import { aWhatsAppBot, credentials, useWhatsApp } from "#test/support/whatsapp-channel";

const platform = usePlatform();
const whatsapp = useWhatsApp();
const minute = 60_000;

async function aChannel() {
  const bot = await aWhatsAppBot(platform);
  const { id } = (await bot.create()).body.data;
  const rows = () =>
    Promise.all([
      platform.table.get(keys.hook(id)),
      platform.table.get(
        keys.platformAccount(bot.team_id, "whatsapp", credentials.phone_number_id),
      ),
      platform.table.get(keys.connection(bot.team_id, id)),
    ]);
  return { ...bot, id, rows, remove: () => bot.call("deleteChannel", id) };
}

const gone = [undefined, undefined, undefined];

describe("DELETE /v1/channels/{id} of a WhatsApp channel", () => {
  it("takes the address away, leaves the account subscribed, and frees the number", async () => {
    const channel = await aChannel();
    const subscribed = [...whatsapp.fake.subscribed];
    expect((await channel.remove()).status).toBe(200);
    expect((await channel.rows()).slice(0, 2)).toEqual([undefined, undefined]);
    await platform.settle();
    expect(await channel.rows()).toEqual(gone);
    expect([whatsapp.fake.hooks, whatsapp.fake.subscribed]).toEqual([{}, subscribed]);
    expect((await channel.create()).status).toBe(201);
  });

  it("leaves an address that somebody else has set since", async () => {
    const channel = await aChannel();
    const url = "https://n8n.example/webhook";
    whatsapp.fake.hooks.phone_number = url;
    await channel.remove();
    await platform.settle();
    expect(await channel.rows()).toEqual(gone);
    expect(whatsapp.fake.hooks.phone_number).toBe(url);
  });

  it("takes the address away later when Meta is away", async () => {
    const channel = await aChannel();
    whatsapp.fake.misbehave(answers.status(503));
    await channel.remove();
    await platform.settle();
    expect(whatsapp.fake.hooks).toHaveProperty("phone_number");
    platform.advance(5 * minute);
    await platform.settle();
    expect(await channel.rows()).toEqual(gone);
    expect(whatsapp.fake.hooks).toEqual({});
  });

  it("gives up on an address behind a dead token", async () => {
    const channel = await aChannel();
    whatsapp.fake.refuse("GET number", { status: 401, code: 190 });
    await channel.remove();
    await platform.settle();
    expect(await channel.rows()).toEqual(gone);
  });

  it("is not there for another team", async () => {
    const [channel, other] = [await aChannel(), await aWhatsAppBot(platform)];
    expect((await other.call("deleteChannel", channel.id)).status).toBe(404);
    expect((await channel.read(channel.id)).status).toBe("connected");
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "lets go of everything when it dies anywhere (%s) and is repeated",
    async (loses) => {
      await dyingAtEachCall(platform, loses, async () => {
        const channel = await aChannel();
        return {
          run: channel.remove,
          check: async (_, again) => {
            expect([200, 404]).toContain(again.status);
            await platform.settle();
            platform.advance(6 * minute);
            await platform.sweep();
            await platform.settle();
            expect(await channel.rows()).toEqual(gone);
            expect(whatsapp.fake.hooks).toEqual({});
          },
        };
      });
    },
  );
});
