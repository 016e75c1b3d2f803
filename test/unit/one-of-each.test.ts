import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { madeNouns, oneOfEach } from "#lib/one-of-each";
import { askAs } from "../support/one-of-each.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform.close());

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
    expect(Object.keys(made)).toEqual([...madeNouns]);
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
    expect(await ask("getDelivery", made.deliveries)).toMatchObject({ url: expect.any(String) });
  });

  it("is not made when the API refuses, and says what the API said", async () => {
    const team = await platform.team();
    const one = oneOfEach(askAs(platform, await team.keyWith("bots:read")));
    await expect(one.id("channels")).rejects.toThrow(/createBot answered 403: .*bots:write/);
  });
});
