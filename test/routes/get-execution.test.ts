import { describe, expect, it } from "@jest/globals";
import { anExecution } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

describe("GET /v1/executions/{id}", () => {
  itRefuses("getExecution", platform, async (as) => ({
    as,
    params: { id: (await anExecution(platform, as)).id },
  }));

  it("shows figures and times when the execution has ended", async () => {
    const { key } = await platform.team();
    const { id } = await anExecution(platform, key);
    await platform.settle();
    const { body } = await platform.call("getExecution", { as: key, params: { id } });
    expect(body.data).toMatchObject({
      status: "completed",
      metadata: { duration_seconds: 0, tokens_used: 0, model: "echo" },
    });
  });
});
