import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { aBotOf, aChannelOf } from "#test/support/case-channel";
import { channelCases } from "#test/support/channel-cases";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { useFake } from "#test/support/platform-channel";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const minute = 60_000;

describe.each(channelCases)("a channel of $type, whose requests die anywhere", (one) => {
  const held = useFake(one.type, one.start);
  const told = (url: string) => (one.isTold ? url : undefined);
  /** Time that passes ends the call of a worker that is at it, which is tried again after five minutes. */
  const tryAll = async () => {
    await platform.settle();
    platform.advance(6 * minute);
    await platform.sweep();
    await platform.settle();
  };

  describe.each(["connection_lost", "answer_lost"] as const)("(%s)", (loses) => {
    it("is one connected channel when making it is repeated", async () => {
      await dyingAtEachCall(platform, loses, async () => {
        held.fake.forget();
        const bot = await aBotOf(platform, one);
        const { key, bot_id, team_id } = bot;
        return {
          run: () => bot.create(one.credentials, { "idempotency-key": "once" }),
          check: async (_, again) => {
            expect(again.status).toBe(201);
            platform.advance(60 * minute);
            await platform.sweep();
            await platform.settle();
            const list = await platform.call("listChannels", { as: key, params: { bot_id } });
            const [{ id, status, webhook_url }, ...more] = list.body.data;
            expect([status, more]).toEqual(["connected", []]);
            expect(await platform.table.get(keys.connection(team_id, id))).toBeUndefined();
            expect(held.fake.addresses().own).toBe(told(webhook_url));
          },
        };
      });
    });

    it("has its new account connected and its old one free when a change is repeated", async () => {
      const { account, credentials } = one.other;
      await dyingAtEachCall(platform, loses, async () => {
        held.fake.forget();
        const channel = await aChannelOf(platform, one);
        held.fake.addOther();
        return {
          run: () => channel.patch({ credentials }),
          check: async (_, again) => {
            expect([again.status, again.body.data?.status]).toEqual([200, "connected"]);
            await tryAll();
            expect(held.fake.addresses()).toEqual({ own: undefined, other: told(channel.url) });
            expect(await channel.account()).toBeUndefined();
            expect(await channel.account(account)).toMatchObject({ channel_id: channel.id });
            expect(await channel.hook()).toMatchObject({ account: { id: account } });
            const { headers, body: rawBody } = held.fake.callOfOther(platform.clock());
            const params = { channel_id: channel.id };
            const heard = await platform.call(one.receives, { params, headers, rawBody });
            expect(heard.status).toBe(200);
            expect(await channel.connection()).toBeUndefined();
          },
        };
      });
    });

    it("lets go of everything when its removal is repeated", async () => {
      await dyingAtEachCall(platform, loses, async () => {
        held.fake.forget();
        const channel = await aChannelOf(platform, one);
        return {
          run: channel.remove,
          check: async (_, again) => {
            expect([200, 404]).toContain(again.status);
            await tryAll();
            expect([
              await channel.hook(),
              await channel.account(),
              await channel.connection(),
            ]).toEqual([undefined, undefined, undefined]);
            expect(held.fake.addresses().own).toBeUndefined();
          },
        };
      });
    });
  });
});
