import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "@jest/globals";
import { type Answer, answers, held, useFakeBackend } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import { aLoop } from "#test/support/make";
import { mcpAnswer } from "#test/support/mcp-servers";
import { type TestTeam, usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

// Workers read it at their first message. Work shares 512 KiB.
const before = process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"];
process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = "8";
afterAll(() => {
  if (before === undefined) delete process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"];
  else process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = before;
});

const platform = usePlatform();
const model = useFakeBackend();
const site = useFakeBackend();
const backend = useFakeBackend();
const longText = "long ".repeat(6_000);

/** Wants two pages read, and answers otherwise when it has been given them. */
const modelThat =
  (then: Answer): Answer =>
  (request, ...rest) => {
    const get = (id: string) => ({
      id,
      name: "http_request",
      args: { method: "GET", url: `${site.url}/${id}` },
    });
    const wants = modelSays("openai", { text: "", calls: [get("a"), get("b")], tokens: [1, 1] });
    return (request.body.includes('"role":"tool"') ? then : wants)(request, ...rest);
  };
const done = modelSays("openai", { text: "Done.", tokens: [1, 1] });
const asked = () => model.requests.filter(({ body }) => body.includes('"role":"tool"')).length;

/** Runs a loop that reads 120 KB; resolves when the tools were called. */
async function run({ key }: TestTeam, fields: object = {}) {
  const loop = await aLoop(platform, key, {
    model: { provider: "openai", name: "fake", base_url: `${model.url}/v1` },
    tools: [{ type: "http" }],
    ...fields,
  });
  const pages = site.requests.length + 2;
  const { body } = await platform.call("runAgentLoop", { as: key, params: { id: loop.id } });
  await site.received(pages);
  const find = async () =>
    (await platform.call("getExecution", { as: key, params: { id: body.data.id } })).body.data;
  return { find };
}

describe("A process with room for two long logs of a team", () => {
  /** Both are held until they are released. */
  async function twoThatWait() {
    const { answer, release } = held(done);
    site.answer((_, response) => void response.end("x".repeat(60_000)));
    model.answer(modelThat(answer));
    const team = await platform.team();
    for (const count of [1, 2]) {
      await run(team);
      while (asked() < count) await sleep(5);
    }
    return { team, release };
  }

  it("has the third wait between two steps, and goes on when there is room", async () => {
    const { team, release } = await twoThatWait();
    const { find } = await run(team);
    while ((await find()).waiting === null) await sleep(5);
    expect(await find()).toMatchObject({ status: "running", waiting: { reason: "place" } });
    // It is not read again in vain.
    platform.advance(2_000);
    while ((await find()).waiting?.attempt !== 2) await sleep(5);
    expect(asked()).toBe(2);

    model.answer(modelThat(done));
    const others = await run(await platform.team());
    while ((await others.find()).status !== "completed") await sleep(5);

    release();
    await platform.settle();
    platform.advance(10_000);
    await platform.settle();
    expect(await find()).toMatchObject({ status: "completed", waiting: null });
    expect(site.requests).toHaveLength(8);
  });

  it("ends the third as timeout when its time is up", async () => {
    const { team, release } = await twoThatWait();
    const { find } = await run(team, { timeout_seconds: 10 });
    while ((await find()).waiting === null) await sleep(5);
    while ((await find()).status === "running") {
      platform.advance(1_000);
      await sleep(5);
    }
    expect(await find()).toMatchObject({
      status: "timeout",
      metadata: { tokens_used: 2 },
      result: { iterations_used: 1, tool_calls: 2 },
    });
    release();
    await platform.settle();
  });
});

describe("A process with room for one long list of tools of a team", () => {
  it("has the second wait before its model is asked", async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 100 }, (_, count) => [
        `field_${count}`,
        { type: "string", description: "long ".repeat(20) },
      ]),
    );
    const tools = Array.from({ length: 10 }, (_, count) => ({
      name: `tool_${count}`,
      inputSchema: { type: "object" as const, properties },
    }));
    site.answer(mcpAnswer({ tools }));
    const { answer, release } = held(done);
    model.answer(answer);
    const { key } = await platform.team();
    const loop = await aLoop(platform, key, {
      model: { provider: "openai", name: "fake", base_url: `${model.url}/v1` },
      tools: [{ type: "mcp", name: "large", url: `${site.url}/mcp` }],
    });
    const start = () => platform.call("runAgentLoop", { as: key, params: { id: loop.id } });
    await start();
    await model.received(1);
    const { body } = await start();
    const find = async () =>
      (await platform.call("getExecution", { as: key, params: { id: body.data.id } })).body.data;
    while ((await find()).waiting === null) await sleep(5);
    expect((await find()).waiting).toMatchObject({ reason: "place" });
    expect(model.requests).toHaveLength(1);
    release();
    await platform.settle();
    platform.advance(2_000);
    await platform.settle();
    expect(await find()).toMatchObject({ status: "completed" });
  });
});

describe("A process with room for one long history of a team", () => {
  it("has the second wait, and answers what is short", async () => {
    const { answer, release } = held(answers.json({ content: "Yes." }));
    const { say, talk } = await openWebChat(platform, {
      backend_url: backend.url,
      bot: { settings: { context_window: 100 } },
    });
    for (const user of ["ada", "bob"]) {
      for (let count = 0; count < 3; count++) await talk(longText, { user });
    }
    const told = backend.requests.length;
    backend.answer(answer);
    await say("And?", { user: "ada" });
    await backend.received(told + 1);
    await say("And?", { user: "bob" });
    await say("Hello!", { user: "eve" });
    await backend.received(told + 2);
    expect(JSON.parse(backend.requests.at(-1)!.body).user.id).toBe("eve");
    release();
    await platform.settle();
    platform.advance(2_000);
    await platform.settle();
    const ofBob = backend.requests.slice(told).filter(({ body }) => body.includes('"bob"'));
    expect(ofBob).toHaveLength(1);
  });
});
