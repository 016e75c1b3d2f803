import { describe, expect, it } from "@jest/globals";
import { aLoop } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

describe("GET /v1/agent-loops/{id}", () => {
  itRefuses("getAgentLoop", platform, async (as) => ({
    as,
    params: { id: (await aLoop(platform, as)).id },
  }));

  it("shows when the loop last ran", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key);
    await platform.call("runAgentLoop", { as: key, params: { id }, body: {} });
    const { body } = await platform.call("getAgentLoop", { as: key, params: { id } });
    expect(Date.parse(body.data.last_execution_at)).toBe(platform.clock());
  });
});
