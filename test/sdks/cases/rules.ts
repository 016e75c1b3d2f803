import assert from "node:assert/strict";
import { type Bench, type Case, errorOf, tell, valueOf } from "../bench.ts";
import type { Fault } from "../proxy.ts";

const bot = { id: "bot_01jd7zq3c8e9v5r2k4m6n8p0ab", name: "A bot" };
const get = { call: "bots.get", args: [bot.id] };
const create = { call: "bots.create", params: { name: "A bot" } };
const remove = { call: "bots.delete", args: [bot.id] };

const answer = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Fault => ({
  kind: "answer",
  status,
  body,
  headers,
});
const ok = answer(200, { data: bot });
const fails = (
  status: number,
  code = "some_code",
  headers: Readonly<Record<string, string>> = {},
): Fault =>
  answer(status, { error: { code, message: "It failed.", request_id: "req_1" } }, headers);

const keysOf = ({ proxy }: Bench) => proxy.seen.map(({ headers }) => headers["idempotency-key"]);
const botsNamed = async (bench: Bench, name: string) => {
  bench.proxy.plan();
  return valueOf(bench, { call: "bots.list", params: { name }, as: "items" });
};

const retries: readonly Case[] = [
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

const errors: readonly Case[] = [
  ...[
    [400, "BadRequestError"],
    [401, "AuthenticationError"],
    [403, "PermissionDeniedError"],
    [404, "NotFoundError"],
    [409, "ConflictError"],
    [413, "PayloadTooLargeError"],
    [415, "UnsupportedMediaTypeError"],
    [422, "UnprocessableEntityError"],
    [418, "ApiError"],
  ].map(([status, name]): Case => ({
    title: `answers ${status} with ${name}, at once`,
    run: async (bench) => {
      bench.proxy.plan(fails(Number(status)), ok);
      const error = await errorOf(bench, create);
      assert.deepEqual(
        [error.class, error.status, error.code, error.message, error.request_id],
        [name, status, "some_code", "It failed.", "req_1"],
      );
      assert.equal(bench.proxy.seen.length, 1);
    },
  })),
  ...[
    [429, "RateLimitError"],
    [500, "InternalServerError"],
    [503, "ServiceUnavailableError"],
    [599, "InternalServerError"],
  ].map(([status, name]): Case => ({
    title: `ends with ${name} for ${status}`,
    run: async (bench) => {
      bench.proxy.plan(fails(Number(status)));
      assert.equal((await errorOf(bench, { ...get, options: { max_retries: 0 } })).class, name);
    },
  })),
  {
    title: "tells the fields that the API refuses",
    run: async (bench) => {
      bench.proxy.plan();
      const error = await errorOf(bench, { call: "bots.create", params: { name: "" } });
      assert.deepEqual([error.class, error.code], ["UnprocessableEntityError", "validation_error"]);
      assert.equal(error.details?.[0]?.path, "body.name");
      assert.match(String(error.request_id), /^req_/);
    },
  },
  {
    title: "survives an error that is not the API's own",
    run: async (bench) => {
      bench.proxy.plan({ kind: "answer", status: 404, text: "<h1>Nothing here</h1>" });
      const error = await errorOf(bench, get);
      assert.deepEqual(
        [error.class, error.code, error.request_id],
        ["NotFoundError", undefined, "req_of_the_proxy"],
      );
    },
  },
  {
    title: "says that there is no key, and asks nobody",
    run: async (bench) => {
      bench.proxy.plan();
      const { api_key: _, ...client } = { base_url: bench.proxy.url, api_key: "" };
      const { error } = await bench.driver.tell({ ...get, client });
      assert.equal(error?.class, "ChatbotPlatformError");
      assert.match(error.message, /CHATBOT_PLATFORM_API_KEY/);
      assert.equal(bench.proxy.seen.length, 0);
      assert.equal((await bench.driver.tell({ call: "system.health", client })).error, undefined);
    },
  },
];

const time: readonly Case[] = [
  {
    title: "ends a call in time, though its answer has begun",
    run: async (bench) => {
      for (const fault of [
        { kind: "stalled" },
        { kind: "half", end: "wait", body: { data: bot } },
      ] as Fault[]) {
        bench.proxy.plan(fault);
        const error = await errorOf(bench, { ...get, client: { timeout_ms: 150, max_retries: 0 } });
        assert.equal(error.class, "ApiTimeoutError");
      }
    },
  },
  {
    title: "tries again what did not come in time",
    run: async (bench) => {
      bench.proxy.plan({ kind: "stalled" }, ok);
      assert.deepEqual(await valueOf(bench, { ...get, options: { timeout_ms: 150 } }), bot);
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
      bench.proxy.plan({ kind: "stalled" }, ok);
      assert.equal(
        (await errorOf(bench, { ...get, options: { abort_ms: 100 } })).class,
        "ApiAbortError",
      );
      assert.equal(bench.proxy.seen.length, 1);
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

const wire: readonly Case[] = [
  {
    title: "follows no redirect, so that the key stays here",
    run: async (bench) => {
      for (const status of [301, 302, 307, 308]) {
        bench.elsewhere.answerAll(() => ({ kind: "answer", status: 200, body: { data: bot } }));
        bench.proxy.plan(answer(status, {}, { location: `${bench.elsewhere.url}/v1/bots` }), ok);
        const error = await errorOf(bench, get);
        assert.match(error.message, /redirect/);
        assert.equal(bench.elsewhere.seen.length, 0);
        assert.equal(bench.proxy.seen.length, 1);
      }
    },
  },
  {
    title: "sends null where null is given, and nothing where nothing is",
    run: async (bench) => {
      bench.proxy.plan(ok);
      await valueOf(bench, { call: "bots.update", args: [bot.id], params: { description: null } });
      assert.deepEqual(JSON.parse(bench.proxy.seen[0]?.body ?? ""), { description: null });
    },
  },
  {
    title: "keeps every letter of a long message",
    run: async (bench) => {
      bench.proxy.plan();
      const { id: botId } = await valueOf(bench, create);
      const { id } = await valueOf(bench, {
        call: "channels.create",
        args: [botId],
        params: { type: "web" },
      });
      const content = 'Grüße, 世界 🤝\u0000\u2028"\\ '.replace("\u0000", "").padEnd(7000, "🦉");
      const { message } = await valueOf(bench, {
        call: "channels.send_message",
        args: [id],
        params: { user: { id: "ada" }, content },
      });
      assert.equal(message.content, content);
      const [read] = await valueOf(bench, {
        call: "conversations.list_messages",
        args: [message.conversation_id],
        as: "items",
      });
      assert.equal(read.content, content);
    },
  },
  {
    title: "writes any id into its place of the path, and refuses what would be another path",
    run: async (bench) => {
      bench.proxy.plan(ok);
      await valueOf(bench, { call: "bots.get", args: ["a/b?c#d%e ü"] });
      assert.equal(bench.proxy.seen[0]?.path, "/v1/bots/a%2Fb%3Fc%23d%25e%20%C3%BC");
      bench.proxy.plan(ok, ok, ok);
      for (const id of ["", ".", ".."]) await errorOf(bench, { call: "bots.get", args: [id] });
      assert.equal(bench.proxy.seen.length, 0);
    },
  },
  {
    title: "writes parameters of the query as they are named, and leaves out what is not given",
    run: async (bench) => {
      bench.proxy.plan(answer(200, { data: [], meta: { next_cursor: null } }));
      await valueOf(bench, {
        call: "bots.list",
        params: { name: "a&b=ü", per_page: 5 },
        as: "page",
      });
      const { pathname, searchParams } = new URL(bench.proxy.seen[0]?.path ?? "", "http://proxy");
      assert.equal(pathname, "/v1/bots");
      assert.deepEqual(Object.fromEntries(searchParams), { name: "a&b=ü", per_page: "5" });
    },
  },
  {
    title: "gives fields, values and variants that came later",
    run: async (bench) => {
      const later = { ...bot, status: "dreaming", moon_phase: { full: true } };
      bench.proxy.plan(answer(200, { data: later }));
      assert.deepEqual(await valueOf(bench, get), later);
      const steps = [
        { id: "step_1", number: 1, kind: "dream", about: "sheep", status: "finished" },
      ];
      bench.proxy.plan(answer(200, { data: steps, meta: { next_cursor: null } }));
      assert.deepEqual(
        await valueOf(bench, { call: "executions.list_steps", args: ["exec_1"], as: "items" }),
        steps,
      );
    },
  },
  {
    title: "gives the response beside the value",
    run: async (bench) => {
      bench.proxy.plan(
        answer(201, { data: bot }, { "x-ratelimit-remaining": "41", "x-request-id": "req_7" }),
      );
      const { value, response } = await tell(bench, { ...create, as: "response" });
      assert.deepEqual(value, bot);
      assert.deepEqual(
        [response?.status, response?.headers["x-ratelimit-remaining"], response?.request_id],
        [201, "41", "req_7"],
      );
    },
  },
  {
    title: "sends more headers, parameters and fields than it knows",
    run: async (bench) => {
      bench.proxy.plan(ok);
      await valueOf(bench, {
        ...create,
        client: { headers: { "x-all": "1", "x-one": "1" } },
        options: { headers: { "x-one": "2" }, query: { later: "yes" }, body: { later: true } },
      });
      const [seen] = bench.proxy.seen;
      assert.deepEqual(
        [seen?.headers["x-all"], seen?.headers["x-one"], seen?.path],
        ["1", "2", "/v1/bots?later=yes"],
      );
      assert.deepEqual(JSON.parse(seen?.body ?? ""), { name: "A bot", later: true });
    },
  },
  {
    title: "asks any path of the API, and no other server",
    run: async (bench) => {
      bench.proxy.plan(fails(503), answer(200, { data: 1, more: 2 }));
      const value = await valueOf(bench, {
        call: "request",
        args: ["POST", "/later"],
        params: { body: { a: 1 }, query: { b: 2 } },
      });
      assert.deepEqual(value, { data: 1, more: 2 });
      assert.deepEqual(
        [bench.proxy.seen[1]?.method, bench.proxy.seen[1]?.path, bench.proxy.seen[1]?.body],
        ["POST", "/v1/later?b=2", '{"a":1}'],
      );
      for (const proxy of [bench.proxy, bench.elsewhere]) proxy.plan();
      await errorOf(bench, { call: "request", args: ["GET", `${bench.elsewhere.url}/v1/bots`] });
      await errorOf(bench, { call: "request", args: ["GET", "@evil.example"] });
      assert.equal(bench.proxy.seen.length, 0);
      assert.equal(bench.elsewhere.seen.length, 0);
    },
  },
  {
    title: "says who it is and what it takes",
    run: async (bench) => {
      bench.proxy.plan(ok);
      await valueOf(bench, get);
      const headers = bench.proxy.seen[0]?.headers ?? {};
      assert.match(
        String(headers["user-agent"]),
        new RegExp(`^chatbot-platform-\\w+/${bench.model.version.replaceAll(".", "\\.")}\\b`),
      );
      assert.equal(headers["accept"], "application/json");
      assert.equal(headers["authorization"], `Bearer ${bench.platform.key}`);
    },
  },
  {
    title: "takes its settings from the environment",
    run: async (bench) => {
      const driver = bench.startDriver({
        CHATBOT_PLATFORM_API_KEY: "sk_live_of_the_environment",
        CHATBOT_PLATFORM_BASE_URL: `${bench.proxy.url}/`,
        CHATBOT_PLATFORM_LOG: "info",
      });
      try {
        bench.proxy.plan(ok);
        // An empty address stands for none.
        const { error, log } = await driver.tell({ ...get, client: { base_url: "" } });
        assert.equal(error, undefined);
        assert.equal(bench.proxy.seen[0]?.path, `/v1/bots/${bot.id}`);
        assert.equal(
          bench.proxy.seen[0]?.headers["authorization"],
          "Bearer sk_live_of_the_environment",
        );
        assert.equal(log.length, 1);
      } finally {
        await driver.close();
      }
    },
  },
  {
    title: "takes its address with and without the version and slashes",
    run: async (bench) => {
      for (const end of ["", "/", "/v1", "/v1/"]) {
        bench.proxy.plan(ok);
        await valueOf(bench, { ...get, client: { base_url: bench.proxy.url + end } });
        assert.equal(bench.proxy.seen[0]?.path, `/v1/bots/${bot.id}`);
      }
    },
  },
];

const rows = Array.from({ length: 25 }, (_, index) => ({ id: `bot_${index}` }));

/** A list of 25 that is read by page or by cursor. */
function answerPages({ proxy }: Bench): void {
  proxy.answerAll(({ path }) => {
    const { searchParams } = new URL(path, "http://proxy");
    const [size, cursor] = [Number(searchParams.get("per_page") ?? 20), searchParams.get("cursor")];
    const from =
      cursor === null ? (Number(searchParams.get("page") ?? 1) - 1) * size : Number(cursor);
    const next_cursor = from + size < rows.length ? String(from + size) : null;
    return {
      kind: "answer",
      status: 200,
      body: {
        data: rows.slice(from, from + size),
        meta: { page: null, per_page: size, total: 25, next_cursor },
      },
    };
  });
}

const pages: readonly Case[] = [
  {
    title: "iterates over every row of all pages, by their cursors",
    run: async (bench) => {
      answerPages(bench);
      assert.deepEqual(
        await valueOf(bench, {
          call: "bots.list",
          params: { per_page: 10, page: 1, status: "active" },
          as: "items",
        }),
        rows,
      );
      assert.deepEqual(
        bench.proxy.seen.map(({ path }) =>
          Object.fromEntries(new URL(path, "http://proxy").searchParams),
        ),
        [
          { per_page: "10", page: "1", status: "active" },
          { per_page: "10", status: "active", cursor: "10" },
          { per_page: "10", status: "active", cursor: "20" },
        ],
      );
    },
  },
  {
    title: "reads no page more than the limit needs",
    run: async (bench) => {
      for (const [limit, requests] of [
        [12, 2],
        [10, 1],
        [100, 3],
      ] as const) {
        answerPages(bench);
        const items = await valueOf(bench, {
          call: "bots.list",
          params: { per_page: 10 },
          as: "items",
          limit,
        });
        assert.deepEqual(items, rows.slice(0, limit));
        assert.equal(bench.proxy.seen.length, requests);
      }
    },
  },
  {
    title: "gives one page, and whether there is another",
    run: async (bench) => {
      for (const [page, has_next_page] of [
        [1, true],
        [3, false],
      ] as const) {
        answerPages(bench);
        const value = await valueOf(bench, {
          call: "bots.list",
          params: { per_page: 10, page },
          as: "page",
        });
        assert.deepEqual(
          [value.data.length, value.has_next_page, value.meta.total],
          [page === 3 ? 5 : 10, has_next_page, 25],
        );
        assert.equal(bench.proxy.seen.length, 1);
      }
    },
  },
];

const logs: readonly Case[] = [
  {
    title: "logs nothing unless it is told to",
    run: async (bench) => {
      bench.proxy.plan(fails(503), ok);
      assert.deepEqual((await tell(bench, get)).log, []);
    },
  },
  {
    title: "logs what it tries again, each request, or all of it",
    run: async (bench) => {
      const lines = async (log: "warn" | "info" | "debug") => {
        bench.proxy.plan(fails(503), ok);
        return (await tell(bench, { ...get, client: { log } })).log;
      };
      const [warn, info, debug] = [await lines("warn"), await lines("info"), await lines("debug")];
      assert.equal(warn.length, 1);
      assert.equal(info.length, 3);
      assert.ok(debug.length > info.length);
      assert.ok(
        info.some((line) => line.includes("GET /bots/") && line.includes("200")),
        info.join("\n"),
      );
    },
  },
  {
    title: "never logs a key or a secret",
    run: async (bench) => {
      const secrets = [
        "sk_live_of_the_log",
        "key-of-the-model",
        "token-of-a-tool",
        "whsec_of_the_answer",
        "header-of-theirs",
      ];
      bench.proxy.plan(
        answer(201, {
          data: { id: "loop_1", signing_secret: secrets[3], model: { api_key: secrets[1] } },
        }),
      );
      const { log, error } = await tell(bench, {
        call: "agent_loops.create",
        params: {
          name: "Loop",
          system_prompt: "You work.",
          user_message: "Work.",
          model: { provider: "openai", name: "gpt", api_key: secrets[1] },
          tools: [
            {
              type: "mcp",
              name: "tools",
              url: "https://tools.example.com",
              headers: { "X-Token": secrets[2] },
            },
          ],
          callback: { url: "https://example.com", headers: { "X-Mine": secrets[4] } },
        },
        client: { api_key: String(secrets[0]), log: "debug" },
      });
      assert.equal(error, undefined);
      const text = log.join("\n");
      assert.match(text, /You work/);
      for (const secret of secrets) {
        assert.ok(!text.includes(secret), `${secret} stands in ${text}`);
      }
    },
  },
];

export const rules: readonly Case[] = [...retries, ...errors, ...time, ...wire, ...pages, ...logs];
