import { describe, expect, it } from "@jest/globals";
import { loopFields } from "#lib/one-of-each";
import { keys } from "#shared/table/keys";
import { limits } from "#shared/teams/team";
import { copyRow } from "#test/support/copied-rows";
import { aBot, aLoop } from "#test/support/make";
import { type TestPlatform, usePlatform } from "#test/support/test-platform";

const platform: TestPlatform = usePlatform();
const burst = 40;

/** A team, what makes one more of a kind, and how many of that kind there are. */
const kinds = {
  integrations: async () => {
    const { key } = await platform.team();
    const request = { as: key, params: { bot_id: await aBot(platform, key) } };
    return {
      most: limits.integrations_per_bot,
      one: () =>
        platform.call("createIntegration", { ...request, body: { name: "Echo", type: "echo" } }),
      list: () => platform.call("listIntegrations", { ...request, query: { per_page: 100 } }),
    };
  },
  channels: async () => {
    const { key } = await platform.team();
    const request = { as: key, params: { bot_id: await aBot(platform, key) } };
    return {
      most: limits.channels_per_bot,
      one: () => platform.call("createChannel", { ...request, body: { type: "web" } }),
      list: () => platform.call("listChannels", { ...request, query: { per_page: 100 } }),
    };
  },
  bots: async () => {
    const { key, id: team_id } = await platform.team();
    const id = await aBot(platform, key);
    await copyRow(platform, { id }, (bot) => keys.bot(team_id, bot), limits.bots - 10);
    return {
      most: limits.bots,
      one: () => platform.call("createBot", { as: key, body: { name: "A" } }),
      list: () => platform.call("listBots", { as: key }),
    };
  },
  "API keys": async () => {
    const { key } = await platform.team();
    return {
      most: limits.api_keys,
      one: () => platform.call("createApiKey", { as: key, body: { name: "A" } }),
      list: () => platform.call("listApiKeys", { as: key }),
    };
  },
  "webhook endpoints": async () => {
    const { key } = await platform.team();
    const body = { url: "https://receiver.example.com/hooks", events: ["*"] };
    return {
      most: limits.webhook_endpoints,
      one: () => platform.call("createWebhookEndpoint", { as: key, body }),
      list: () => platform.call("listWebhookEndpoints", { as: key }),
    };
  },
  "agent loops": async () => {
    const { key, id: team_id } = await platform.team();
    const loop = await aLoop(platform, key);
    await copyRow(platform, loop, (id) => keys.agentLoop(team_id, id), limits.agent_loops - 10);
    return {
      most: limits.agent_loops,
      one: () => platform.call("createAgentLoop", { as: key, body: loopFields }),
      list: () => platform.call("listAgentLoops", { as: key }),
    };
  },
};

describe("A limit", () => {
  it.each(Object.keys(kinds) as (keyof typeof kinds)[])(
    "of %s holds when many are made at once",
    async (kind) => {
      const { most, one, list } = await kinds[kind]();
      const before = (await list()).body.meta.total;
      const answers = await Promise.all(Array.from({ length: burst }, one));
      const made = answers.filter(({ status }) => status === 201).length;
      const others = answers.filter(({ status }) => status !== 201);
      expect(others.every(({ status }) => status === 409 || status === 503)).toBe(true);
      expect((await list()).body.meta.total).toBe(before + made);
      expect(before + made).toBeLessThanOrEqual(most);
      for (let left = most - before - made; left > 0; left--) {
        expect((await one()).status).toBe(201);
      }
      expect((await one()).status).toBe(409);
    },
  );

  it("gives the place of what was deleted to another, and holds while a bot is changed", async () => {
    const { key } = await platform.team();
    const bot_id = await aBot(platform, key);
    const request = { as: key, params: { bot_id } };
    const open = () => platform.call("createChannel", { ...request, body: { type: "web" } });
    const rename = (name: string) =>
      platform.call("updateBot", { as: key, params: { id: bot_id }, body: { name } });
    const opened = [];
    for (let count = 0; count < limits.channels_per_bot; count++) {
      const [channel, renamed] = await Promise.all([open(), rename(`Name ${count}`)]);
      expect([channel.status, renamed.status]).toEqual([201, 200]);
      opened.push(channel.body.data.id);
    }
    expect((await open()).status).toBe(409);
    await platform.call("deleteChannel", { as: key, params: { id: opened[0] } });
    expect([(await open()).status, (await open()).status]).toEqual([201, 409]);
  });
});
