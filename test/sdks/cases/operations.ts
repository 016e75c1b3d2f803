import assert from "node:assert/strict";
import { apiOf, askOf } from "#lib/api";
import { oneOfEach, paramsOf } from "#lib/one-of-each";
import { fullName, type Method, methodsOf } from "#lib/sdk/model";
import { type Case, tell, valueOf } from "../bench.ts";
import { isOf } from "../examples.ts";

/** What the example of an operation is refused with, since what it acts on is as it is. */
const refused: Readonly<Record<string, string>> = {
  "deliveries.retry": "conflict",
  "executions.cancel": "conflict",
};

const order = ["GET", "PATCH", "POST", "DELETE"];

/** What deletes comes last, and parents after what is under them. */
function inOrder(methods: readonly Method[]): readonly Method[] {
  const rank = ({ http }: Method) => order.indexOf(http);
  return methods.toReversed().toSorted((one, other) => rank(one) - rank(other));
}

export const operations: readonly Case[] = [
  {
    title: "calls every operation of the document with its own example",
    run: async (bench) => {
      const { model, platform, proxy } = bench;
      const one = oneOfEach(askOf(apiOf(platform.url(), platform.key)));
      const reached = new Set<string>();
      for (const method of inOrder(methodsOf(model))) {
        // The user is whoever has written.
        const path = method.path.replace("/users/{user_id}", "/users");
        const ids: Readonly<Record<string, string>> = {
          ...(await paramsOf(path, one.id)),
          user_id: "ada",
        };
        proxy.plan();
        const { error } = await tell(bench, {
          call: fullName(method),
          args: method.params.map(({ name }) => ids[name] ?? ""),
          ...paramsOfExample(method),
          ...(method.answer.kind === "page" && { as: "page" as const }),
        });
        assert.equal(
          error?.code,
          error && refused[fullName(method)],
          `${fullName(method)}: ${JSON.stringify(error)}`,
        );
        for (const seen of proxy.seen) if (isOf(method, seen)) reached.add(method.operationId);
      }
      assert.deepEqual(
        [...reached].sort(),
        methodsOf(model)
          .map(({ operationId }) => operationId)
          .sort(),
      );
    },
  },
  {
    title: "gives the example of every answer as the JSON that it came as",
    run: async (bench) => {
      const { model, proxy } = bench;
      for (const method of methodsOf(model)) {
        const body = method.example.answer ?? {};
        proxy.answerAll(() => ({ kind: "answer", status: method.example.status, body }));
        const value = await valueOf(bench, {
          call: fullName(method),
          args: method.params.map(({ name }) => method.example.params[name] ?? "an-id"),
          ...paramsOfExample(method),
          ...(method.answer.kind === "page" && { as: "page" as const }),
        });
        const { data, meta } = body as { data?: unknown; meta?: { next_cursor: string | null } };
        const wanted = {
          one: data,
          raw: body,
          page: { data, meta, has_next_page: meta?.next_cursor !== null },
        };
        assert.deepEqual(value, wanted[method.answer.kind], fullName(method));
      }
      proxy.plan();
    },
  },
];

function paramsOfExample({ example, body, query, answer }: Method) {
  const params = { ...example.query, ...(example.body as object | undefined) };
  return body || query.length > 0 || answer.kind === "page" ? { params } : {};
}
