import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Bench, type Case, errorOf, tell, valueOf } from "../bench.ts";
import type { Fault } from "../proxy.ts";

const message = { id: "msg_1", conversation_id: "conv_1" };
const reply = { id: "msg_2", content: "Hello, Ada!" };
const sent = (of: unknown): Fault => ({
  kind: "answer",
  status: 201,
  body: { data: { message, reply: of } },
});
const fails = (status: number): Fault => ({
  kind: "answer",
  status,
  body: { error: { code: "x", message: "It failed." } },
});
const ask = {
  call: "channels.ask",
  args: ["ch_1"],
  params: { user: { id: "ada" }, content: "Hello!" },
};

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

/** Somebody whom the platform asks: what it does with a request, once that has come whole. */
async function startStranger(
  answer: (response: ServerResponse, body: string, times: number) => void,
) {
  let times = 0;
  const waiting: (() => void)[] = [];
  const server = createServer((incoming: IncomingMessage, outgoing) => {
    void text(incoming).then((body) => {
      times += 1;
      answer(outgoing, body, times);
      waiting.splice(0).forEach((resolve) => resolve());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Resolves at the next request. */
    asked: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      return promise;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

const json = (response: ServerResponse, status: number, body: unknown) => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
};

/** A bot that has a backend at an address, with a channel; gives the channel's id. */
async function channelOf(bench: Bench, url: string): Promise<string> {
  const { id } = await valueOf(bench, { call: "bots.create", params: { name: "It waits" } });
  await valueOf(bench, { call: "integrations.create", args: [id], params: { name: "Ours", url } });
  return (await valueOf(bench, { call: "channels.create", args: [id], params: { type: "web" } }))
    .id;
}

const asking: readonly Case[] = [
  {
    title: "asks the same message again, under new keys, until the reply is there",
    run: async (bench) => {
      bench.proxy.plan(sent(null), sent(null), fails(429), sent(reply));
      assert.deepEqual(await valueOf(bench, ask), reply);
      const bodies = bench.proxy.seen.map(
        ({ body }) => JSON.parse(body) as Record<string, unknown>,
      );
      const [first] = bodies;
      assert.match(String(first?.["message_id"]), /^.{16,}$/);
      for (const body of bodies) assert.deepEqual(body, first);
      const keys = bench.proxy.seen.map(({ headers }) => headers["idempotency-key"]);
      // The third was tried again by itself, as every request is.
      assert.equal(new Set(keys).size, 3);
      for (const { path } of bench.proxy.seen) {
        assert.match(path, /^\/v1\/channels\/ch_1\/messages\?wait=2[45]$/);
      }
    },
  },
  {
    title: "asks no more than once a second where there is no reply",
    run: async (bench) => {
      bench.proxy.plan(sent(null), sent(reply));
      const { pauses } = await tell(bench, ask);
      assert.equal(pauses.length, 1);
      assert.ok(Number(pauses[0]) > 800 && Number(pauses[0]) <= 1000, String(pauses));
    },
  },
  {
    title: "keeps the id that the caller gives a message, and says what it cannot ask",
    run: async (bench) => {
      bench.proxy.plan(sent(reply));
      await valueOf(bench, { ...ask, params: { ...ask.params, message_id: "mine" } });
      assert.equal(
        (JSON.parse(bench.proxy.seen[0]?.body ?? "") as { message_id: string }).message_id,
        "mine",
      );
      bench.proxy.plan(fails(404));
      assert.equal((await errorOf(bench, ask)).class, "NotFoundError");
      assert.equal(bench.proxy.seen.length, 1);
    },
  },
  {
    title: "says that there was no reply in time, or that the caller gave up",
    run: async (bench) => {
      bench.proxy.answerAll(() => ({
        kind: "answer",
        status: 201,
        body: { data: { message, reply: null } },
      }));
      assert.equal(
        (await errorOf(bench, { ...ask, options: { timeout_ms: 100 } })).class,
        "ReplyTimeoutError",
      );
      bench.proxy.plan({ kind: "stalled" });
      assert.equal(
        (await errorOf(bench, { ...ask, options: { abort_ms: 100 } })).class,
        "ApiAbortError",
      );
    },
  },
  {
    title: "gives what the user is told when every backend fails",
    run: async (bench) => {
      const stranger = await startStranger((response) => json(response, 500, {}));
      try {
        bench.proxy.plan();
        const args = [await channelOf(bench, stranger.url)];
        const { content } = await valueOf(bench, { ...ask, args });
        assert.match(content, /Sorry/);
      } finally {
        await stranger.close();
      }
    },
  },
  {
    title: "goes on asking through the death of the server, and gives the one reply",
    run: async (bench) => {
      const stranger = await startStranger((response, _, times) => {
        // The first is asked by a server that dies.
        if (times > 1) json(response, 200, { content: "At last." });
      });
      try {
        bench.proxy.plan();
        const args = [await channelOf(bench, stranger.url)];
        const asked = stranger.asked();
        const answered = valueOf(bench, { ...ask, args, options: { timeout_ms: 60_000 } });
        await asked;
        await bench.platform.kill();
        await bench.platform.start();
        const { content, conversation_id } = await answered;
        assert.equal(content, "At last.");
        const all = await valueOf(bench, {
          call: "conversations.list_messages",
          args: [conversation_id],
          as: "items",
        });
        assert.deepEqual(
          all.map(({ role }: { role: string }) => role),
          ["user", "assistant"],
        );
      } finally {
        await stranger.close();
      }
    },
  },
];

const executing: readonly Case[] = [
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

export const waiting: readonly Case[] = [...asking, ...executing];
