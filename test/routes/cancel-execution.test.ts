import { describe, expect, it } from "@jest/globals";
import { answers, startFakeBackend } from "#test/support/fake-backend";
import { anExecution } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

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
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    model.answer((_, response) => {
      response.once("close", left.resolve);
      asked.resolve();
    });
    try {
      const { id } = await anExecution(platform, key, {
        model: { provider: "openai", name: "m", base_url: `${model.url}/v1` },
        callback: { url: receiver.url },
      });
      const settled = platform.settle();
      await asked.promise;
      const running = await platform.call("getExecution", { as: key, params: { id } });
      expect(running.body.data).toMatchObject({ status: "running", result: null });
      const { status, body } = await cancel(key, id);
      expect([status, body.data.status]).toEqual([200, "cancelled"]);
      await Promise.all([settled, left.promise]);
      expect(model.requests).toHaveLength(1);
      const [told] = receiver.requests.map((request) => JSON.parse(request.body.toString()));
      expect(told).toMatchObject({ execution_id: id, status: "cancelled", error: null });
    } finally {
      await Promise.all([model.close(), receiver.close()]);
    }
  });

  it("refuses an execution that has ended, and says how it did", async () => {
    const { key } = await platform.team();
    const { id } = await anExecution(platform, key);
    await platform.settle();
    const { status, body } = await cancel(key, id);
    expect([status, body.error.code]).toEqual([409, "conflict"]);
    expect(body.error.message).toContain("completed");
  });
});
