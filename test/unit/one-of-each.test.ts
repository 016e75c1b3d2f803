import { describe, expect, it } from "@jest/globals";
import { askTheRest } from "#lib/ask-the-rest";
import { type Ask, type AskRequest, oneOfEach } from "#lib/one-of-each";
import { askAs } from "../support/one-of-each.ts";
import { usePlatform } from "../support/test-platform.ts";

const platform = usePlatform();

describe("one of each noun", () => {
  it("is made once, with what it needs, when it is asked for", async () => {
    const { key } = await platform.team();
    const one = oneOfEach(askAs(platform, key));
    const [channel, again] = await Promise.all([one.id("channels"), one.id("channels")]);
    expect(again).toBe(channel);
    const { body } = await platform.call("listBots", { as: key });
    expect(body.data).toMatchObject([{ id: await one.id("bots") }]);
    expect((await platform.call("listAgentLoops", { as: key })).body.data).toEqual([]);
  });

  it("is there whole: a message with its reply, an execution with its steps, a delivery", async () => {
    const { key: as } = await platform.team();
    const made = await oneOfEach(askAs(platform, as)).all();
    const ask = async (operationId: string, id: string) =>
      (await platform.call(operationId, { as, params: { id } })).body.data;
    expect(await ask("getIntegration", made.integrations)).toMatchObject({ type: "webhook" });
    expect(await ask("listMessages", made.conversations)).toMatchObject([
      { role: "user", content: "Hello!" },
      { role: "assistant", content: "Hello!" },
    ]);
    expect(await ask("getAgentLoop", made["agent-loops"])).toMatchObject({
      schedule: { cron: "0 9 1 1 *" },
      callback: { headers: { "X-Key": expect.any(String) } },
    });
    expect(await ask("listSteps", made.executions)).toMatchObject([{ kind: "model" }]);
    expect(await ask("getDelivery", made.deliveries)).toMatchObject({ webhook_id: made.webhooks });
  });

  it("is not made when no operation makes it", async () => {
    const { key } = await platform.team();
    await expect(oneOfEach(askAs(platform, key)).id("steps")).rejects.toThrow(
      "There is no operation that makes one of steps.",
    );
  });

  it("is not made when the API refuses, and says what the API said", async () => {
    const team = await platform.team();
    const one = oneOfEach(askAs(platform, await team.keyWith("bots:read")));
    await expect(one.id("channels")).rejects.toThrow(/createBot answered 403: .*bots:write/);
  });
});

describe("asking the rest", () => {
  const asks = async (...left: string[]) => {
    const asked = platform.manifest.routes.map(({ route }) => route.operationId);
    const seen: [string, AskRequest | undefined][] = [];
    const ask: Ask = async (operationId, request) => void seen.push([operationId, request]);
    const one = oneOfEach(ask, undefined, { bots: "bot_1", channels: "ch_1" });
    await askTheRest(ask, new Set(asked.filter((name) => !left.includes(name))), one);
    return seen;
  };

  it("asks what was not asked as its example says, of what is there", async () => {
    expect(await asks("listBots", "updateChannel", "createChannel")).toEqual([
      ["listBots", { params: {}, body: undefined }],
      ["updateChannel", { params: { id: "ch_1" }, body: expect.objectContaining({}) }],
      ["createChannel", { params: { bot_id: "bot_1" }, body: { type: "web", name: "Website" } }],
    ]);
  });

  it("deletes last", async () => {
    const seen = await asks("deleteBot", "createBot", "getBot", "updateBot");
    expect(seen.map(([name]) => name)).toEqual(["getBot", "updateBot", "createBot", "deleteBot"]);
  });

  it("says which path it cannot fill", async () => {
    await expect(asks("deleteBotUser")).rejects.toThrow(
      "No noun stands before {user_id} in /v1/bots/{bot_id}/users/{user_id}.",
    );
  });
});
