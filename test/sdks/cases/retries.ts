import assert from "node:assert/strict";
import { type Bench, type Case, errorOf, tell, valueOf } from "../bench.ts";
import type { Fault } from "../proxy.ts";
import { bot, create, fails, get, ok, remove } from "./canned.ts";

const keysOf = ({ proxy }: Bench) => proxy.seen.map(({ headers }) => headers["idempotency-key"]);
const botsNamed = async (bench: Bench, name: string) => {
  bench.proxy.plan();
  return valueOf(bench, { call: "bots.list", params: { name }, as: "items" });
};

export const retries: readonly Case[] = [
  {
    title: "makes one resource under one key when the server fails twice",
    run: async (bench) => {
      const name = `Twice ${crypto.randomUUID()}`;
      bench.proxy.plan(fails(503), fails(503));
      await valueOf(bench, { call: "bots.create", params: { name } });
      const keys = keysOf(bench);
      assert.equal(keys.length, 3);
      assert.ok(keys[0]);
      assert.equal(new Set(keys).size, 1);
      assert.equal((await botsNamed(bench, name)).length, 1);
    },
  },
  {
    title: "makes one resource when the answer to its creation is lost",
    run: async (bench) => {
      const name = `Lost ${crypto.randomUUID()}`;
      bench.proxy.plan({ kind: "lost_before" }, { kind: "lost_after" });
      const made = await valueOf(bench, { call: "bots.create", params: { name } });
      assert.equal(bench.proxy.seen.length, 3);
      assert.deepEqual(await botsNamed(bench, name), [made]);
    },
  },
  {
    title: "gives each POST a key of its own, and a GET none",
    run: async (bench) => {
      bench.proxy.plan(ok, ok, ok);
      for (const command of [create, create, get]) await valueOf(bench, command);
      const [first, second, third] = keysOf(bench);
      assert.notEqual(first, second);
      assert.match(String(first), /^[\w-]{16,}$/);
      assert.equal(third, undefined);
    },
  },
  {
    title: "keeps the key that the caller gives",
    run: async (bench) => {
      bench.proxy.plan(fails(500), ok);
      await valueOf(bench, { ...create, options: { idempotency_key: "mine" } });
      assert.deepEqual(keysOf(bench), ["mine", "mine"]);
    },
  },
  {
    title: "tries two times more and then says what failed",
    run: async (bench) => {
      bench.proxy.plan(fails(503), fails(503), fails(503), ok);
      const error = await errorOf(bench, get);
      assert.equal(error.class, "ServiceUnavailableError");
      assert.equal(bench.proxy.seen.length, 3);
    },
  },
  {
    title: "tries as often as the client or the call says",
    run: async (bench) => {
      bench.proxy.plan(fails(503), ok);
      await errorOf(bench, { ...get, client: { max_retries: 0 } });
      assert.equal(bench.proxy.seen.length, 1);
      bench.proxy.plan(fails(503), fails(503), fails(503), fails(503), ok);
      await valueOf(bench, { ...get, client: { max_retries: 0 }, options: { max_retries: 4 } });
    },
  },
  ...[429, 500, 502, 503, 504].map((status): Case => ({
    title: `tries again after ${status}`,
    run: async (bench) => {
      bench.proxy.plan(fails(status), ok);
      await valueOf(bench, get);
    },
  })),
  {
    title: "tries again while the first request under its key is still running",
    run: async (bench) => {
      bench.proxy.plan(fails(409, "idempotency_in_progress"), ok);
      await valueOf(bench, create);
    },
  },
  {
    title: "tries again when no answer, half an answer or no JSON came",
    run: async (bench) => {
      const faults: Fault[] = [
        { kind: "lost_before" },
        { kind: "half", end: "cut", body: { data: bot } },
        { kind: "answer", status: 200, text: "<html>" },
      ];
      for (const fault of faults) {
        bench.proxy.plan(fault, ok);
        assert.deepEqual(await valueOf(bench, get), bot);
        bench.proxy.plan(fault, fault, fault);
        assert.equal((await errorOf(bench, get)).class, "ApiConnectionError");
      }
    },
  },
  {
    title: "pauses for a random time below a limit that doubles from half a second to eight",
    run: async (bench) => {
      bench.proxy.plan(...Array.from({ length: 13 }, () => fails(503)));
      const { pauses } = await tell(bench, { ...get, options: { max_retries: 12 } });
      assert.equal(pauses.length, 12);
      pauses.forEach((pause, index) =>
        assert.ok(pause >= 0 && pause <= Math.min(8000, 500 * 2 ** index), String(pauses)),
      );
      assert.ok(
        pauses.some((pause, index) => pause > 500 && pause < Math.min(8000, 500 * 2 ** index)),
        String(pauses),
      );
    },
  },
  {
    title: "waits as long as Retry-After says, up to a minute",
    run: async (bench) => {
      bench.proxy.plan(
        fails(429, "rate_limit_exceeded", { "retry-after": "7" }),
        fails(503, "x", { "retry-after": "60" }),
        ok,
      );
      assert.deepEqual((await tell(bench, get)).pauses, [7000, 60_000]);
      bench.proxy.plan(fails(429, "rate_limit_exceeded", { "retry-after": "61" }), ok);
      const error = await errorOf(bench, get);
      assert.deepEqual([error.class, error.retry_after], ["RateLimitError", 61]);
      assert.equal(bench.proxy.seen.length, 1);
      bench.proxy.plan(fails(429, "rate_limit_exceeded", { "retry-after": "9".repeat(5000) }));
      const none = { ...get, options: { max_retries: 0 } };
      assert.equal((await errorOf(bench, none)).class, "RateLimitError");
    },
  },
  {
    title: "takes a repeated DELETE that finds nothing for done when the first answer was lost",
    run: async (bench) => {
      for (const fault of [{ kind: "lost_after" }, fails(503)] as Fault[]) {
        bench.proxy.plan();
        const { id } = await valueOf(bench, create);
        bench.proxy.plan(fault, ...(fault.kind === "answer" ? [fails(404, "not_found")] : []));
        assert.deepEqual(await valueOf(bench, { call: "bots.delete", args: [id] }), {
          id,
          deleted: true,
        });
      }
    },
  },
  {
    title: "says that a DELETE finds nothing when it cannot have deleted anything",
    run: async (bench) => {
      bench.proxy.plan(fails(404, "not_found"));
      assert.equal((await errorOf(bench, remove)).class, "NotFoundError");
      bench.proxy.plan(fails(429), fails(404, "not_found"));
      assert.equal((await errorOf(bench, remove)).class, "NotFoundError");
      bench.proxy.plan(fails(503), fails(404, "not_found"));
      assert.equal((await errorOf(bench, get)).class, "NotFoundError");
    },
  },
];
