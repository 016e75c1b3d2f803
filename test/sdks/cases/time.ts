import assert from "node:assert/strict";
import { type Case, errorOf, valueOf } from "../bench.ts";
import type { Fault } from "../proxy.ts";
import { bot, get, ok } from "./canned.ts";

export const time: readonly Case[] = [
  {
    title: "ends a call in time, though its answer has begun",
    run: async (bench) => {
      const begun: Fault = { kind: "half", end: "wait", body: { data: bot } };
      // An answer has to begin in time also where much else is done.
      for (const [fault, timeout_ms] of [
        [{ kind: "stalled" }, 150],
        [begun, 1000],
      ] as const) {
        bench.proxy.plan(fault);
        const error = await errorOf(bench, { ...get, client: { timeout_ms, max_retries: 0 } });
        assert.equal(error.class, "ApiTimeoutError");
      }
    },
  },
  {
    title: "ends what drips in time, and when the caller gives up",
    run: async (bench) => {
      for (const part of ["head", "body"] as const) {
        bench.proxy.plan({ kind: "drip", part });
        const late = { ...get, client: { timeout_ms: 600, max_retries: 0 } };
        assert.equal((await errorOf(bench, late)).class, "ApiTimeoutError");
        bench.proxy.plan({ kind: "drip", part });
        const ended = { ...get, options: { abort_ms: 600 } };
        assert.equal((await errorOf(bench, ended)).class, "ApiAbortError");
      }
    },
  },
  {
    title: "tries again what did not come in time",
    run: async (bench) => {
      // Of many tries one comes in time, however busy the machine.
      const max_retries = 30;
      bench.proxy.plan({ kind: "stalled" }, ...Array.from({ length: max_retries }, () => ok));
      const options = { timeout_ms: 150, max_retries };
      assert.deepEqual(await valueOf(bench, { ...get, options }), bot);
    },
  },
  {
    title: "gives a call that waits for a reply ten seconds beyond its wait",
    run: async (bench) => {
      const late: Fault = {
        kind: "answer",
        status: 201,
        body: { data: { message: {}, reply: null } },
        delay_ms: 300,
      };
      const call = {
        call: "channels.send_message",
        args: ["ch_1"],
        client: { timeout_ms: 100, max_retries: 0 },
      };
      bench.proxy.plan(late);
      await valueOf(bench, {
        ...call,
        params: { wait: 1, user: { id: "ada" }, content: "Hello!" },
      });
      bench.proxy.plan(late);
      assert.equal(
        (await errorOf(bench, { ...call, params: { user: { id: "ada" }, content: "Hello!" } }))
          .class,
        "ApiTimeoutError",
      );
    },
  },
  {
    title: "ends at once when the caller gives up, and does not try again",
    run: async (bench) => {
      // Later and later, until the request has come by then: on a busy machine that takes its time.
      for (let abort_ms = 100, asked = 0; asked === 0; abort_ms *= 2) {
        bench.proxy.plan({ kind: "stalled" }, ok);
        const { class: name } = await errorOf(bench, { ...get, options: { abort_ms } });
        assert.equal(name, "ApiAbortError");
        asked = bench.proxy.seen.length;
        assert.ok(asked <= 1 && abort_ms < 10_000, `After ${abort_ms} ms: ${asked} requests.`);
      }
      bench.proxy.plan({ kind: "stalled" });
      const { class: last } = await errorOf(bench, {
        ...get,
        options: { abort_ms: 100, max_retries: 0 },
      });
      assert.equal(last, "ApiAbortError");
      bench.proxy.plan(ok);
      assert.equal(
        (await errorOf(bench, { ...get, options: { abort_ms: 0 } })).class,
        "ApiAbortError",
      );
      assert.equal(bench.proxy.seen.length, 0);
    },
  },
];
