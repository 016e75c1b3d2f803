import { describe, expect, it } from "@jest/globals";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();

const aChannel = async (as: string) => {
  const bot = await platform.call("createBot", { as, body: { name: "Concierge" } });
  const params = { bot_id: bot.body.data.id };
  return platform.call("createChannel", { as, params, body: { type: "web", name: "Website" } });
};

describe("GET /v1/channels/{id}", () => {
  itRefuses("getChannel", platform, async (as) => ({
    as,
    params: { id: (await aChannel(as)).body.data.id },
  }));

  it("shows the channel as creating it did, and nothing of how it is stored", async () => {
    const { key } = await platform.team();
    const made = await aChannel(key);
    const { status, body } = await platform.call("getChannel", {
      as: key,
      params: { id: made.body.data.id },
    });
    expect(status).toBe(200);
    expect(body).toEqual({ data: made.body.data });
  });

  it("is gone at once when it or its bot is deleted", async () => {
    const one = await openWebChat(platform);
    const two = await openWebChat(platform);
    const read = ({ key, channel_id }: typeof one) =>
      platform.call("getChannel", { as: key, params: { id: channel_id } });
    expect([(await read(one)).status, (await read(two)).status]).toEqual([200, 200]);
    await platform.call("deleteChannel", { as: one.key, params: { id: one.channel_id } });
    await platform.call("deleteBot", { as: two.key, params: { id: two.bot_id } });
    expect([(await read(one)).status, (await read(two)).status]).toEqual([404, 404]);
  });
});
