import assert from "node:assert/strict";
import { type Bench, type Case, errorOf, tell, valueOf } from "../bench.ts";
import type { Fault } from "../proxy.ts";
import { json, startStranger } from "../stranger.ts";

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

/** A bot that has a backend at an address, with a channel; gives the channel's id. */
async function channelOf(bench: Bench, url: string): Promise<string> {
  const { id } = await valueOf(bench, { call: "bots.create", params: { name: "It waits" } });
  await valueOf(bench, { call: "integrations.create", args: [id], params: { name: "Ours", url } });
  return (await valueOf(bench, { call: "channels.create", args: [id], params: { type: "web" } }))
    .id;
}

export const asking: readonly Case[] = [
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
      const begun = performance.now();
      const { pauses } = await tell(bench, ask);
      // Asking takes a part of the second: no more than all of it has taken, and a clock of whole milliseconds may add one.
      const least = 1000 - (performance.now() - begun) - 1;
      assert.equal(pauses.length, 1);
      assert.ok(Number(pauses[0]) >= least && Number(pauses[0]) <= 1000, String(pauses));
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
    title: "gives nothing at once where the server says that nobody will reply",
    run: async (bench) => {
      const body = { data: { message, reply: null, reply_expected: false } };
      bench.proxy.plan({ kind: "answer", status: 201, body }, sent(reply));
      assert.equal(await valueOf(bench, { ...ask, options: { timeout_ms: 20_000 } }), null);
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
