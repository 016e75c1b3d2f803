import { describe, expect, it } from "@jest/globals";
import { aLoop, anExecution } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

describe("DELETE /v1/agent-loops/{id}", () => {
  itRefuses("deleteAgentLoop", platform, async (as) => ({
    as,
    params: { id: (await aLoop(platform, as)).id },
  }));

  it("hides the loop and its executions at once, and erases them by a job", async () => {
    const { id: teamId, key } = await platform.team();
    const { id, loop_id } = await anExecution(platform, key);
    await platform.settle();
    const gone = await platform.call("deleteAgentLoop", { as: key, params: { id: loop_id } });
    expect(gone.body.data).toEqual({ id: loop_id, deleted: true });
    for (const [operation, of] of [
      ["getAgentLoop", loop_id],
      ["listExecutions", loop_id],
      ["getExecution", id],
      ["listSteps", id],
      ["deleteAgentLoop", loop_id],
    ] as const) {
      const { status } = await platform.call(operation, { as: key, params: { id: of } });
      expect([operation, status]).toEqual([operation, 404]);
    }
    await platform.settle();
    platform.advance(11 * 60_000);
    await platform.settle();
    for (const pk of [`TEAM#${teamId}#EXECUTION#${id}`, `TEAM#${teamId}#AGENT_LOOP#${loop_id}`]) {
      expect(await platform.table.queryAll({ pk })).toEqual([]);
    }
    const rows = await platform.table.queryAll({ pk: `TEAM#${teamId}` });
    expect(JSON.stringify(rows)).not.toContain(loop_id);
  });
});
