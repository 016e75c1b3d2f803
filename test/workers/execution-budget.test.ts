import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type FakeBackend, startFakeBackend } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import { anExecution } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
let model: FakeBackend;
let key: string;
beforeAll(async () => {
  model = await startFakeBackend();
  ({ key } = await platform.team());
});
afterAll(async () => {
  await model.close();
});

const call = { id: "a", name: "time_today", args: {} };
const asksForTool = () => modelSays("openai", { calls: [call], tokens: [60, 40] });

/** Runs a loop whose model asks for a tool twice, for 100 tokens each, and then answers. */
async function runWith(limits: object) {
  model.answer(
    asksForTool(),
    asksForTool(),
    modelSays("openai", { text: "Done.", tokens: [60, 40] }),
  );
  const { id } = await anExecution(platform, key, {
    model: { provider: "openai", name: "fake", base_url: `${model.url}/v1`, api_key: "sk-fake" },
    tools: [{ type: "time" }],
    ...limits,
  });
  await platform.settle();
  return (await platform.call("getExecution", { as: key, params: { id } })).body.data;
}

describe("The token budget of an execution", () => {
  it("ends it as soon as the last token is used, before another tool is called", async () => {
    expect(await runWith({ token_budget: 200 })).toMatchObject({
      status: "failed",
      error_code: "token_budget_exceeded",
      error: "The execution has used 200 tokens of its budget of 200.",
      result: { iterations_used: 2, tool_calls: 1 },
    });
  });

  it("lets it go on while one token is left, and counts an answer that uses more", async () => {
    expect(await runWith({ token_budget: 201 })).toMatchObject({
      status: "completed",
      result: { output: "Done.", iterations_used: 3, tool_calls: 2 },
    });
  });
});

describe("The iterations of an execution", () => {
  it("end it after the last one's tools have been called", async () => {
    expect(await runWith({ max_iterations: 2 })).toMatchObject({
      status: "failed",
      error_code: "max_iterations_exceeded",
      result: { iterations_used: 2, tool_calls: 2 },
    });
    expect((await runWith({ max_iterations: 3 })).status).toBe("completed");
  });
});
