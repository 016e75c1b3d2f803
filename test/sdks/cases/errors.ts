import assert from "node:assert/strict";
import { type Case, errorOf, valueOf } from "../bench.ts";
import { answer, create, fails, get, ok } from "./canned.ts";

export const errors: readonly Case[] = [
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
        [name, status, "some_code", "It failed. (req_1)", "req_1"],
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
    title: "tells the fields that the API refuses, in its text too",
    run: async (bench) => {
      bench.proxy.plan();
      const error = await errorOf(bench, { call: "bots.create", params: { name: "" } });
      assert.deepEqual([error.class, error.code], ["UnprocessableEntityError", "validation_error"]);
      assert.ok(error.details?.[0]);
      assert.equal(error.details[0].path, "body.name");
      assert.match(String(error.request_id), /^req_/);
      const [detail] = error.details;
      assert.ok(
        error.message.endsWith(` body.name: ${detail.message} (${error.request_id})`),
        error.message,
      );
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
    title: "says that an answer is none of the API's, once",
    run: async (bench) => {
      for (const body of [{}, null]) {
        for (const command of [get, { call: "bots.list", as: "page" as const }]) {
          bench.proxy.plan(answer(200, body), answer(200, body));
          const error = await errorOf(bench, command);
          assert.equal(error.class, "ApiConnectionError");
          assert.match(error.message, /no data/);
          assert.equal(bench.proxy.seen.length, 1);
        }
      }
    },
  },
  {
    title: "takes a key without the blanks around it, and shows none that cannot be sent",
    run: async (bench) => {
      bench.proxy.plan(ok);
      await valueOf(bench, { ...get, client: { api_key: " sk_live_of_a_file\n" } });
      assert.equal(bench.proxy.seen[0]?.headers["authorization"], "Bearer sk_live_of_a_file");
      bench.proxy.plan();
      for (const api_key of ["sk_live_se\ncret", "sk_live_se cret", "sk_live_se\u2026cret"]) {
        const { message } = await errorOf(bench, { ...get, client: { api_key } });
        assert.match(message, /API key/);
        assert.doesNotMatch(message, /sk_live|cret/);
      }
      assert.equal(bench.proxy.seen.length, 0);
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
