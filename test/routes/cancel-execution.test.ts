import { describe, expect, it } from "@jest/globals";
import { handle } from "#functions/executions/cancel/handler";
import { route } from "#functions/executions/cancel/route";
import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { createExecutionStore } from "#shared/executions/execution-store";
import { serve } from "#shared/http/serve";
import type { Table } from "#shared/table/table";
import { liveWork } from "#shared/work/live-work";
import { answers, startFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { anExecution } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { callServed, usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

/** The worker is not running while a route is called: the execution is still queued. */
const cancel = (as: string, id: string, headers: Record<string, string> = {}) =>
  platform.call("cancelExecution", { as, params: { id }, headers });

describe("POST /v1/executions/{id}/cancel", () => {
  itRefuses("cancelExecution", platform, async (as) => {
    const model = { provider: "openai", name: "m", base_url: "http://127.0.0.1:9/v1" };
    return { as, params: { id: (await anExecution(platform, as, { model })).id } };
  });

  it("ends an execution for good, which its worker then leaves alone", async () => {
    const { key } = await platform.team();
    const model = { provider: "openai", name: "m", base_url: "http://127.0.0.1:9/v1" };
    const { id } = await anExecution(platform, key, { model });
    const { status, body } = await cancel(key, id);
    expect([status, body.data.status, body.data.error]).toEqual([200, "cancelled", null]);
    expect(body.data.result).toMatchObject({ output: null, tool_calls: 0 });
    platform.advance(120_000);
    await platform.settle();
    const read = await platform.call("getExecution", { as: key, params: { id } });
    expect(read.body.data).toEqual(body.data);
  });

  it("ends the call of a model that its worker waits for, and tells the callback", async () => {
    const { key } = await platform.team();
    const [model, receiver] = await Promise.all([startFakeBackend(), startFakeBackend()]);
    receiver.answer(answers.status(200));
    const left = Promise.withResolvers<void>();
    model.answer(answers.hangUntil(left.resolve));
    try {
      const { id } = await anExecution(platform, key, {
        model: { provider: "openai", name: "m", base_url: `${model.url}/v1` },
        callback: { url: receiver.url },
      });
      const settled = platform.settle();
      await model.received(1);
      const running = await platform.call("getExecution", { as: key, params: { id } });
      expect(running.body.data).toMatchObject({ status: "running", result: null });
      const { status, body } = await cancel(key, id);
      expect([status, body.data.status]).toEqual([200, "cancelled"]);
      // The worker hears of it when it renews its lease.
      platform.advance(1_667);
      await Promise.all([settled, left.promise]);
      expect(model.requests).toHaveLength(1);
      const [told] = receiver.requests.map((request) => JSON.parse(request.body.toString()));
      expect(told).toMatchObject({ execution_id: id, status: "cancelled", error: null });
    } finally {
      await Promise.all([model.close(), receiver.close()]);
    }
  });

  describe("while others change the execution", () => {
    /** Cancels over a table in which so many others are faster. */
    const cancelBehind = async (others: number) => {
      const { key: as } = await platform.team();
      const model = { provider: "openai", name: "m", base_url: "http://127.0.0.1:9/v1" };
      const { id } = await anExecution(platform, as, { model });
      const work = liveWork();
      let faster = others;
      const table: Table = {
        ...work.table,
        transact: async (...given) =>
          faster-- > 0 ? { applied: false, failed: {} } : work.table.transact(...given),
      };
      const loops = createAgentLoopStore(table);
      const executions = createExecutionStore(table);
      const deps = { ...work, table, loops, executions };
      const served = serve(route, () => handle(deps));
      return callServed(route, served, { as, params: { id } });
    };

    it("cancels it once they have done", async () => {
      const { status, body } = await cancelBehind(19);
      expect([status, body.data.status]).toEqual([200, "cancelled"]);
    });

    it("asks to repeat the request when they do not end", async () => {
      const { result } = await withLog(() => cancelBehind(Infinity));
      expect(result).toBeRefused(503, "service_unavailable");
      expect(result.body.error.message).toBe(
        "The execution is being changed by others. Nothing was done: repeat this.",
      );
      expect(result.headers["retry-after"]).toBe("1");
    });
  });

  it("refuses an execution that has ended, and says how it did", async () => {
    const { key } = await platform.team();
    const { id } = await anExecution(platform, key);
    await platform.settle();
    const { status, body } = await cancel(key, id);
    expect({ status, body }).toBeRefused(409, "conflict");
    expect(body.error.message).toContain("completed");
  });
});
