import { describe, expect, it } from "@jest/globals";
import { answers, startFakeBackend, useFakeBackend } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import { anExecution } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { signCursor } from "#test/support/sign-cursor";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

describe("GET /v1/executions/{id}/steps", () => {
  itRefuses("listSteps", platform, async (as) => ({
    as,
    params: { id: (await anExecution(platform, as)).id },
  }));

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

  describe("of an execution with many", () => {
    const model = useFakeBackend();

    const stepped = async (
      key: string,
      tools: object[],
      calls: { name: string; args: unknown }[],
    ) => {
      model.answer(
        modelSays("openai", { calls: calls.map((call, n) => ({ id: `c${n}`, ...call })) }),
        modelSays("openai", { text: "Done." }),
      );
      const { id } = await anExecution(platform, key, {
        model: { provider: "openai", name: "m", base_url: `${model.url}/v1` },
        tools,
      });
      await platform.settle();
      return (query: Record<string, string | number>) =>
        platform.call("listSteps", { as: key, params: { id }, query });
    };
    const numbersOf = ({ body }: { body: { data: { number: number }[] } }) =>
      body.data.map(({ number }) => number);

    it("refuses a signed cursor whose position is no number", async () => {
      const { key, id: team } = await platform.team();
      const { id } = await anExecution(platform, key);
      for (const position of ["x", "0.5", "-1", ""]) {
        const cursor = await signCursor(platform, key, [team, "listSteps", { id }, []], position);
        const answer = await platform.call("listSteps", {
          as: key,
          params: { id },
          query: { cursor },
        });
        expect(answer).toBeRefused(400, "bad_request");
      }
    });

    it("goes on by page and by cursor until there are no more", async () => {
      const { key } = await platform.team();
      const call = { name: "time_now", args: {} };
      const list = await stepped(key, [{ type: "time" }], [call, call, call]);
      const first = await list({ per_page: 2 });
      expect([numbersOf(first), first.body.meta.total]).toEqual([[1, 2], 5]);
      const second = await list({ per_page: 2, cursor: first.body.meta.next_cursor });
      expect(numbersOf(second)).toEqual([3, 4]);
      const last = await list({ per_page: 2, cursor: second.body.meta.next_cursor });
      expect([numbersOf(last), last.body.meta.next_cursor]).toEqual([[5], null]);
      expect(numbersOf(await list({ per_page: 2, page: 3 }))).toEqual([5]);
    });

    it("cuts a result at 32 KiB, and not within a character", async () => {
      const { key } = await platform.team();
      const site = await startFakeBackend();
      site.answer(answers.json({ text: "漢".repeat(15_000) }));
      const args = { method: "GET", url: site.url };
      const list = await stepped(key, [{ type: "http" }], [{ name: "http_request", args }]);
      await site.close();
      const { result } = (await list({})).body.data[1];
      expect(Buffer.byteLength(result)).toBeGreaterThan(32 * 1024 - 3);
      expect(Buffer.byteLength(result)).toBeLessThanOrEqual(32 * 1024);
      expect(result).toMatch(/漢$/);
    });
  });
});
