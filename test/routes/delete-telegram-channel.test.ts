import { describe, expect, it } from "@jest/globals";
import { createApiKeyStore } from "#shared/api-keys/api-key-store";
import { deleteTeam } from "#shared/erasure/delete-team";
import { createMint } from "#shared/runtime/mint";
import { keys } from "#shared/table/keys";
import { createTeamStore } from "#shared/teams/team-store";
import { liveWork } from "#shared/work/live-work";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers } from "#test/support/fake-backend";
import { aTelegramBot, useTelegram } from "#test/support/telegram-channel";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const telegram = useTelegram();
const minute = 60_000;
const hour = 60 * minute;

async function aChannel() {
  const bot = await aTelegramBot(platform);
  const { id, webhook_url } = (await bot.create()).body.data;
  const rows = () =>
    Promise.all([
      platform.table.get(keys.hook(id)),
      platform.table.get(keys.platformAccount(bot.team_id, "telegram", "4200")),
      platform.table.get(keys.connection(bot.team_id, id)),
    ]);
  return { ...bot, id, webhook_url, rows, remove: () => bot.call("deleteChannel", id) };
}

const gone = [undefined, undefined, undefined];

describe("DELETE /v1/channels/{id} of a Telegram channel", () => {
  it("removes hook and account at once, and a worker takes our webhook away", async () => {
    const channel = await aChannel();
    expect((await channel.remove()).status).toBe(200);
    expect((await channel.rows()).slice(0, 2)).toEqual([undefined, undefined]);
    await platform.settle();
    expect(telegram.fake.webhook.url).toBe("");
    expect(await channel.rows()).toEqual(gone);
    expect((await channel.create()).status).toBe(201);
  });

  it("leaves a webhook that another program has set", async () => {
    const channel = await aChannel();
    telegram.fake.webhook.url = "https://thief.example.com/";
    await channel.remove();
    await platform.settle();
    expect(telegram.fake.webhook.url).toBe("https://thief.example.com/");
    expect(await channel.rows()).toEqual(gone);
  });

  it("succeeds while Telegram is away, and lets go when it is back", async () => {
    const channel = await aChannel();
    telegram.fake.misbehave(answers.status(500));
    expect((await channel.remove()).status).toBe(200);
    await platform.settle();
    expect(telegram.fake.webhook.url).toBe(channel.webhook_url);
    platform.advance(5 * minute);
    await platform.settle();
    expect(telegram.fake.webhook.url).toBe("");
    expect(await channel.rows()).toEqual(gone);
  });

  it("asks no more once Telegram refuses the token, or a day is over", async () => {
    const [dead, late] = [await aChannel(), await aChannel()];
    telegram.fake.refuse("getWebhookInfo", { error_code: 401, description: "Unauthorized" });
    await dead.remove();
    await platform.settle();
    expect(await dead.rows()).toEqual(gone);
    for (let hours = 0; hours <= 26; hours++) {
      telegram.fake.refuse("getWebhookInfo", { error_code: 500, description: "Down" });
    }
    await late.remove();
    for (let hours = 0; hours <= 26; hours++) {
      await platform.sweep();
      await platform.settle();
      platform.advance(hour);
    }
    expect(await late.rows()).toEqual(gone);
    expect(telegram.fake.webhook.url).toBe(late.webhook_url);
  });

  it("is not there for another team", async () => {
    const [channel, other] = [await aChannel(), await aTelegramBot(platform)];
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
            // Time that passes ends the call of a worker that is at it, which is tried again after five minutes.
            await platform.settle();
            platform.advance(6 * minute);
            await platform.sweep();
            await platform.settle();
            expect(telegram.fake.webhook.url).toBe("");
            expect(await channel.rows()).toEqual(gone);
          },
        };
      });
    },
  );
});

describe("The Telegram channel of what is deleted above it", () => {
  it("is let go with its bot, and its account is free at once", async () => {
    const channel = await aChannel();
    const { bot_id } = channel;
    await platform.call("deleteBot", { as: channel.key, params: { id: bot_id } });
    const bot = await platform.call("createBot", { as: channel.key, body: { name: "B" } });
    const taken = await platform.call("createChannel", {
      as: channel.key,
      params: { bot_id: bot.body.data.id },
      body: {
        type: "telegram",
        credentials: { bot_token: "4200:AAH-of_a_bot_of_Telegrams_0123456789" },
      },
    });
    expect(taken.status).toBe(201);
    for (let looks = 0; looks < 3; looks++) {
      await platform.settle();
      platform.advance(11 * minute);
      await platform.sweep();
    }
    await platform.settle();
    const [hook, account, connection] = await channel.rows();
    expect([hook, connection]).toEqual([undefined, undefined]);
    expect(account).toMatchObject({ channel_id: taken.body.data.id });
    expect(telegram.fake.webhook.url).toBe(taken.body.data.webhook_url);
  });

  it("is let go with its team", async () => {
    const channel = await aChannel();
    const { table } = platform;
    const stores = { teams: createTeamStore(table), apiKeys: createApiKeyStore(table) };
    await deleteTeam({ ...liveWork(), ...stores }, channel.team_id, createMint(platform.clock()));
    for (let looks = 0; looks < 3; looks++) {
      await platform.settle();
      platform.advance(11 * minute);
      await platform.sweep();
    }
    await platform.settle();
    expect(await channel.rows()).toEqual(gone);
    expect(telegram.fake.webhook.url).toBe("");
  });
});
