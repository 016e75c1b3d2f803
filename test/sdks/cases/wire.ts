import assert from "node:assert/strict";
import { type Case, errorOf, tell, valueOf } from "../bench.ts";
import { answer, bot, create, fails, get, ok } from "./canned.ts";

export const wire: readonly Case[] = [
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
      bench.proxy.plan();
      for (const id of ["", ".", ".."]) {
        for (const call of ["bots.get", "executions.wait", "executions.watch"]) {
          await errorOf(bench, { call, args: [id] });
        }
      }
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
    title: "says that an address is none, at once",
    run: async (bench) => {
      for (const base_url of ["localhost:3000", "chatbot.example.com", "not one"]) {
        const { error, pauses } = await tell(bench, { ...get, client: { base_url } });
        assert.match(String(error?.message), /https:\/\//);
        assert.deepEqual(pauses, []);
      }
    },
  },
  {
    title: "takes its address with and without the version and slashes",
    run: async (bench) => {
      for (const end of ["", "/", "//", "/v1", "/v1/", "/v1//"]) {
        bench.proxy.plan(ok);
        await valueOf(bench, { ...get, client: { base_url: bench.proxy.url + end } });
        assert.equal(bench.proxy.seen[0]?.path, `/v1/bots/${bot.id}`);
      }
    },
  },
];
