import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { aDiscordBot, useDiscord } from "#test/support/discord-channel";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { usePlatform } from "#test/support/test-platform";
import { ids } from "../fixtures/discord/interactions.ts";

const platform = usePlatform();
const discord = useDiscord();
const minute = 60_000;

async function aChannel() {
  const bot = await aDiscordBot(platform);
  const { id } = (await bot.create()).body.data;
  const rows = () =>
    Promise.all([
      platform.table.get(keys.hook(id)),
      platform.table.get(keys.platformAccount(bot.team_id, "discord", ids.application)),
      platform.table.get(keys.connection(bot.team_id, id)),
    ]);
  return { ...bot, id, rows, remove: () => bot.call("deleteChannel", id) };
}

const gone = [undefined, undefined, undefined];
const left = () => [
  discord.fake.application["interactions_endpoint_url"],
  discord.fake.commands.length,
];

describe("DELETE /v1/channels/{id} of a Discord channel", () => {
  it("takes back the command and the address at Discord, and frees the application", async () => {
    const channel = await aChannel();
    expect((await channel.remove()).status).toBe(200);
    await platform.settle();
    expect(await channel.rows()).toEqual(gone);
    expect(left()).toEqual([null, 0]);
    expect((await channel.create()).status).toBe(201);
  });

  it("leaves what another has set there meanwhile", async () => {
    const channel = await aChannel();
    discord.fake.application["interactions_endpoint_url"] = "https://new.example";
    await channel.remove();
    await platform.settle();
    expect(await channel.rows()).toEqual(gone);
    expect(left()).toEqual(["https://new.example", 1]);
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
            expect(left()).toEqual([null, 0]);
          },
        };
      });
    },
  );
});
