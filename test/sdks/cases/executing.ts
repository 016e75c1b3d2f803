import assert from "node:assert/strict";
import { type Case, errorOf, tell, valueOf } from "../bench.ts";
import type { Fault } from "../proxy.ts";
import { json, startStranger } from "../stranger.ts";

const execution = (status: string): Fault => ({
  kind: "answer",
  status: 200,
  body: { data: { id: "exec_1", status, result: null } },
});
const steps = (...all: readonly (readonly [number, string])[]): Fault => ({
  kind: "answer",
  status: 200,
  body: {
    data: all.map(([number, status]) => ({ number, status, kind: "model" })),
    meta: { next_cursor: null },
  },
});

export const executing: readonly Case[] = [
  {
    title: "waits for the end of an execution, at first twice a second and then less often",
    run: async (bench) => {
      bench.proxy.plan(
        execution("queued"),
        ...Array.from({ length: 8 }, () => execution("running")),
        execution("failed"),
      );
      const { value, pauses } = await tell(bench, {
        call: "executions.wait",
        args: ["exec_1"],
        as: "value",
        options: {},
      });
      assert.equal((value as { status: string }).status, "failed");
      assert.equal(pauses[0], 500);
      assert.ok(
        pauses.every((pause, index) => pause <= 5000 && pause >= (pauses[index - 1] ?? 0)),
        String(pauses),
      );
      assert.equal(pauses.at(-1), 5000);
    },
  },
  {
    title: "tells of each step once, when it has finished and those before it have",
    run: async (bench) => {
      bench.proxy.plan(
        execution("running"),
        steps([1, "finished"], [2, "started"], [3, "finished"]),
        execution("running"),
        steps([1, "finished"], [2, "finished"], [3, "finished"]),
        execution("completed"),
        steps([1, "finished"], [2, "finished"], [3, "finished"], [4, "finished"]),
      );
      const watched = await valueOf(bench, { call: "executions.watch", args: ["exec_1"] });
      assert.deepEqual(
        watched.map(({ number }: { number: number }) => number),
        [1, 2, 3, 4],
      );
    },
  },
  {
    title: "begins to read steps where it has come to",
    run: async (bench) => {
      const hundred = Array.from({ length: 100 }, (_, index): [number, string] => [
        index + 1,
        "finished",
      ]);
      bench.proxy.plan(
        execution("running"),
        steps(...hundred),
        execution("completed"),
        steps([101, "finished"]),
      );
      const watched = await valueOf(bench, { call: "executions.watch", args: ["exec_1"] });
      assert.equal(watched.length, 101);
      assert.deepEqual(
        bench.proxy.seen
          .filter(({ path }) => path.includes("/steps"))
          .map(({ path }) => new URL(path, "http://proxy").searchParams.get("page")),
        ["1", "2"],
      );
    },
  },
  {
    title: "says that an execution has not ended in time, and cancels it if it should",
    run: async (bench) => {
      for (const cancel_on_timeout of [false, true]) {
        bench.proxy.answerAll(() => ({
          kind: "answer",
          status: 200,
          body: { data: { id: "exec_1", status: "running" } },
        }));
        const error = await errorOf(bench, {
          call: "executions.wait",
          args: ["exec_1"],
          options: { timeout_ms: 50, cancel_on_timeout },
        });
        assert.equal(error.class, "WaitTimeoutError");
        const cancelled = bench.proxy.seen.filter(
          ({ method, path }) => method === "POST" && path === "/v1/executions/exec_1/cancel",
        );
        assert.equal(cancelled.length, cancel_on_timeout ? 1 : 0);
      }
    },
  },
  {
    title: "runs a loop and gives its execution when it has ended",
    run: async (bench) => {
      bench.proxy.plan();
      const fields = {
        name: "Echo",
        system_prompt: "You echo.",
        user_message: "It is {{day}}.",
        model: { provider: "echo", name: "echo" },
      };
      const { id } = await valueOf(bench, { call: "agent_loops.create", params: fields });
      const outcome = await tell(bench, {
        call: "agent_loops.run_and_wait",
        args: [id],
        params: { variables: { day: "Monday" } },
        options: { steps: true },
      });
      const value = outcome.value as { status: string; result: { output: string } };
      assert.equal(value.status, "completed", JSON.stringify(outcome));
      assert.match(value.result.output, /Monday/);
      assert.deepEqual(outcome.steps, [1]);
    },
  },
  {
    title: "waits through the death of the server, and has the loop run once",
    run: async (bench) => {
      const said = {
        choices: [
          { index: 0, finish_reason: "stop", message: { role: "assistant", content: "Done." } },
        ],
      };
      const model = await startStranger((response, _, times) => {
        if (times > 1) {
          json(response, 200, {
            id: "c",
            object: "chat.completion",
            created: 1,
            model: "m",
            ...said,
          });
        }
      });
      try {
        bench.proxy.plan();
        const fields = {
          name: "Slow",
          system_prompt: "You work.",
          user_message: "Work.",
          model: { provider: "openai", name: "m", base_url: `${model.url}/v1` },
        };
        const { id } = await valueOf(bench, { call: "agent_loops.create", params: fields });
        const asked = model.asked();
        // Its answer is lost too, so that the run is asked for again.
        bench.proxy.plan({ kind: "lost_after" });
        const ended = tell(bench, {
          call: "agent_loops.run_and_wait",
          args: [id],
          params: {},
          options: { timeout_ms: 90_000, steps: true },
        });
        await asked;
        await bench.platform.kill();
        await bench.platform.start();
        const { value, error, steps: told } = await ended;
        assert.equal(error, undefined);
        assert.equal((value as { status: string }).status, "completed");
        assert.deepEqual(told, [1]);
        const runs = await valueOf(bench, {
          call: "agent_loops.list_executions",
          args: [id],
          as: "items",
        });
        assert.equal(runs.length, 1);
      } finally {
        await model.close();
      }
    },
  },
];
