import assert from "node:assert/strict";
import { type Case, errorOf } from "../bench.ts";
import { create, fails, get, ok } from "./canned.ts";

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
