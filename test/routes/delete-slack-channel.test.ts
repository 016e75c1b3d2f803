import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { aSlackBot, useSlack } from "#test/support/slack-channel";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const slack = useSlack();
const minute = 60_000;

async function aChannel() {
  const bot = await aSlackBot(platform);
  const { id } = (await bot.create()).body.data;
  const rows = () =>
    Promise.all([
      platform.table.get(keys.hook(id)),
      platform.table.get(keys.platformAccount(bot.team_id, "slack", "T0ACME:U0BOT")),
      platform.table.get(keys.connection(bot.team_id, id)),
    ]);
  return { ...bot, id, rows, remove: () => bot.call("deleteChannel", id) };
}

const gone = [undefined, undefined, undefined];

describe("DELETE /v1/channels/{id} of a Slack channel", () => {
  it("removes hook and account, has nothing to tell Slack, and frees the app", async () => {
    const channel = await aChannel();
    const before = slack.fake.calls.length;
    expect((await channel.remove()).status).toBe(200);
    expect((await channel.rows()).slice(0, 2)).toEqual([undefined, undefined]);
    await platform.settle();
    expect(await channel.rows()).toEqual(gone);
    expect(slack.fake.calls).toHaveLength(before);
    expect((await channel.create()).status).toBe(201);
  });

  it("is not there for another team", async () => {
    const [channel, other] = [await aChannel(), await aSlackBot(platform)];
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
          },
        };
      });
    },
  );
});
