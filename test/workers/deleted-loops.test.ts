import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { held, useFakeBackend } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import { withLog } from "#test/support/log-lines";
import { aLoop } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const model = useFakeBackend();
let key: string;
let team_id: Id<"team">;
beforeEach(async () => {
  ({ key, id: team_id } = await platform.team());
});

const says = (said: Parameters<typeof modelSays>[1]) => modelSays("openai", said);
const minute = 60_000;

/** A loop, and what runs it. */
async function runnable() {
  const { id: loop_id } = await aLoop(platform, key, {
    model: { provider: "openai", name: "fake", base_url: `${model.url}/v1` },
    tools: [{ type: "time" }],
    timeout_seconds: 86_400,
  });
  const run = async (): Promise<Id<"exec">> => {
    const params = { id: loop_id };
    return (await platform.call("runAgentLoop", { as: key, params })).body.data.id;
  };
  return { loop_id, run };
}

const statusOf = async (id: Id<"exec">) =>
  (await platform.table.get(keys.execution(team_id, id)))?.["status"];

/** Deletes the loop and lets the worker of jobs do its part, while another waits for the model. */
async function deleted(loop_id: Id<"loop">, id: Id<"exec">) {
  await platform.call("deleteAgentLoop", { as: key, params: { id: loop_id } });
  for (let look = 0; look < 100 && (await statusOf(id)) === "running"; look++) {
    await platform.lookForWait(1);
  }
}

describe("An execution of a loop that is deleted", () => {
  it("ends at once, though its worker goes on just then", async () => {
    const { answer, release } = held(says({ text: "Too late." }));
    model.answer(says({ calls: [{ id: "a", name: "time_today", args: {} }] }), answer);
    const { loop_id, run } = await runnable();
    const id = await run();
    const settled = platform.settle();
    await model.received(2);
    let steps = 0;
    platform.faults = ({ operation, input }) => {
      // Who is told is read between the log and the end.
      if (steps > 0 || operation !== "Query") return undefined;
      if (!JSON.stringify(input).includes("WEBHOOK#")) return undefined;
      steps += 1;
      void platform.table
        .get(keys.step(team_id, id, 2))
        .then((row) => platform.table.putIfAbsent({ ...row, ...keys.step(team_id, id, 3) }));
      return undefined;
    };
    await deleted(loop_id, id);
    expect([steps, await statusOf(id)]).toEqual([1, "cancelled"]);
    platform.faults = undefined;
    release();
    await settled;
  });

  it("ends when it is claimed, before the job of the deletion has come to it", async () => {
    const { loop_id, run } = await runnable();
    const id = await run();
    const set = { deleted_at: new Date(platform.clock()).toISOString() };
    await platform.table.update(keys.agentLoop(team_id, loop_id), { set });
    await platform.settle();
    expect(await platform.table.get(keys.execution(team_id, id))).toMatchObject({
      status: "cancelled",
      error_code: "agent_loop_deleted",
    });
    expect(model.requests).toHaveLength(0);
  });

  it("ends before any that has ended is erased, which may take hours", async () => {
    const { answer, release } = held(says({ text: "Too late." }));
    model.answer(says({ text: "Done." }), answer);
    const { loop_id, run } = await runnable();
    await run();
    await platform.settle();
    platform.advance(11 * minute);
    const id = await run();
    const settled = platform.settle();
    await model.received(2);
    platform.faults = ({ operation }) =>
      operation === "BatchWriteItem" ? { kind: "connection_lost" } : undefined;
    await withLog(() => deleted(loop_id, id));
    expect(await statusOf(id)).toBe("cancelled");
    platform.faults = undefined;
    release();
    await settled;
  });
});
