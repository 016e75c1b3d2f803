import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { anExecution } from "#test/support/agent-loops";
import { itRefuses } from "#test/support/refusals";
import { startTestPlatform, type TestPlatform } from "#test/support/test-platform";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform.close());

describe("GET /v1/executions/{id}/steps", () => {
  itRefuses(
    "listSteps",
    () => platform,
    async (as) => ({ as, params: { id: (await anExecution(platform, as)).id } }),
  );

  it("shows each step oldest first, and nothing before there is one", async () => {
    const { key } = await platform.team();
    const { id } = await anExecution(platform, key);
    await platform.settle();
    const { body } = await platform.call("listSteps", { as: key, params: { id } });
    expect(body.meta).toMatchObject({ total: 1, next_cursor: null });
    expect(body.data).toMatchObject([
      { number: 1, kind: "model", status: "finished", execution_id: id, tool_calls: [] },
    ]);
    const beyond = await platform.call("listSteps", {
      as: key,
      params: { id },
      query: { page: 9 },
    });
    expect(beyond.body).toMatchObject({ data: [], meta: { total: 1 } });
  });
});
