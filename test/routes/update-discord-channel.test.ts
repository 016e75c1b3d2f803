import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { discordCall, others, othersKey } from "#test/support/discord-call";
import { aDiscordBot, credentials, useDiscord } from "#test/support/discord-channel";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { usePlatform } from "#test/support/test-platform";
import { ask, ids, snowflake } from "../fixtures/discord/interactions.ts";

const platform = usePlatform();
const discord = useDiscord();
const minute = 60_000;

const other = {
  bot_token: "MTEwMDAwMDAwMDAwMDAwMDAwOQ.GxYzAb.zYxWvUtSrQpOnMlKjIhGfEdCbA9876543210-Z",
  application_id: "1100000000000000009",
  public_key: othersKey,
};
const addOther = () => discord.fake.addApp(other.bot_token, other.application_id, other.public_key);

async function aChannel() {
  const bot = await aDiscordBot(platform);
  const { id } = (await bot.create()).body.data;
  const account = (of: string) =>
    platform.table.get(keys.platformAccount(bot.team_id, "discord", of));
  return {
    ...bot,
    id,
    account,
    url: `https://chat.example.com/v1/hooks/discord/${id}`,
    patch: (body: unknown) => bot.call("updateChannel", id, body),
    connection: () => platform.table.get(keys.connection(bot.team_id, id)),
    /** The status of a call that was signed with this key. */
    called: async (key?: typeof others) => {
      const body = ask("Hello", undefined, "server", { id: snowflake(platform.clock()) });
      const call = discordCall(JSON.stringify(body), platform.clock(), key);
      const { status } = await platform.call("receiveDiscordInteraction", {
        params: { channel_id: id },
        headers: call.headers,
        rawBody: call.body,
      });
      return status;
    },
  };
}

describe("PATCH /v1/channels/{id} of a Discord channel", () => {
  it("asks Discord nothing about a new name or whether it is enabled", async () => {
    const channel = await aChannel();
    const before = discord.fake.calls.length;
    const { body } = await channel.patch({ name: "Support", enabled: false });
    expect(body.data).toMatchObject({ name: "Support", enabled: false, status: "connected" });
    expect(discord.fake.calls).toHaveLength(before);
  });

  it("moves to another application, and lets go of its first one", async () => {
    const channel = await aChannel();
    const app = addOther();
    const { status, body } = await channel.patch({ credentials: other });
    expect([status, body.data.status]).toEqual([200, "connected"]);
    await platform.settle();
    expect(app.application["interactions_endpoint_url"]).toBe(channel.url);
    expect(app.commands.length).toBe(1);
    expect(discord.fake.application["interactions_endpoint_url"]).toBeNull();
    expect(discord.fake.commands).toEqual([]);
    expect(await channel.account(ids.application)).toBeUndefined();
    expect(await channel.account(other.application_id)).toMatchObject({ channel_id: channel.id });
    expect(await channel.connection()).toBeUndefined();
    expect([await channel.called(others), await channel.called()]).toEqual([200, 401]);
  });

  it("changes nothing for credentials that Discord refuses, and for a part of them", async () => {
    const channel = await aChannel();
    const row = await channel.read(channel.id);
    const refused = await channel.patch({ name: "New", credentials: other });
    expect(refused).toBeRefused(422, "channel_credentials_rejected");
    const { bot_token } = credentials;
    const part = await channel.patch({ name: "New", credentials: { bot_token } });
    expect(part).toBeRefused(422, "validation_error");
    expect(await channel.read(channel.id)).toEqual(row);
    expect(await channel.called()).toBe(200);
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "ends with the new application connected and the old one free when it dies anywhere (%s) and is repeated",
    async (loses) => {
      await dyingAtEachCall(platform, loses, async () => {
        discord.fake.application["interactions_endpoint_url"] = null;
        const channel = await aChannel();
        const app = addOther();
        return {
          run: () => channel.patch({ credentials: other }),
          check: async (_, again) => {
            expect([again.status, again.body.data?.status]).toEqual([200, "connected"]);
            // Time that passes ends the call of a worker that is at it, which is tried again after five minutes.
            await platform.settle();
            platform.advance(6 * minute);
            await platform.sweep();
            await platform.settle();
            expect(await channel.account(ids.application)).toBeUndefined();
            expect(await channel.connection()).toBeUndefined();
            expect(app.application["interactions_endpoint_url"]).toBe(channel.url);
            expect([app.commands.length, discord.fake.commands.length]).toEqual([1, 0]);
            expect(discord.fake.application["interactions_endpoint_url"]).toBeNull();
            expect(await channel.called(others)).toBe(200);
          },
        };
      });
    },
  );
});
