import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { type Gateway, startGateway } from "#lib/local/gateway";
import { catchAllPath } from "#lib/manifest";
import { notFound } from "#shared/errors/api-error";
import { shownToPages } from "#shared/http/cors";
import { defineRoute } from "#shared/http/define-route";
import { servePublic } from "#shared/http/serve-public";

const open = defineRoute({
  operationId: "sayHello",
  method: "POST",
  path: "/v1/widgets/{id}/hello",
  tag: "Channels",
  summary: "Say hello from a page",
  auth: { public: "it is a test." },
  cors: "any",
  params: v.object({ id: v.string() }),
  body: v.strictObject({ text: v.string() }),
  headers: ["origin"],
  answers: "one",
  data: v.object({ origin: v.optional(v.string()) }),
  status: 200,
  errors: [],
  grants: {},
});
const { cors: _, ...withoutCors } = open;
const closed = defineRoute({ ...withoutCors, operationId: "sayNothing", path: "/v1/closed/{id}" });
const unknown = defineRoute({
  ...withoutCors,
  operationId: "notFound",
  path: catchAllPath,
  unread: true,
});

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ port: 0 });
  gateway.serve([
    { route: open, handler: servePublic(open, () => async ({ headers }) => ({ body: headers })) },
    {
      route: closed,
      handler: servePublic(closed, () => async ({ headers }) => ({ body: headers })),
    },
    {
      route: unknown,
      handler: servePublic(unknown, () => async () => {
        throw notFound();
      }),
    },
  ]);
});
afterAll(() => gateway.close());

const ask = (path: string, init: RequestInit) =>
  fetch(`http://127.0.0.1:${gateway.port}${path}`, {
    ...init,
    headers: { origin: "https://shop.example.com", "content-type": "application/json" },
  });
const say = (path: string, body: string) => ask(path, { method: "POST", body });
const namesOf = ({ headers }: Response) =>
  [...headers.keys()].filter((name) => name.startsWith("access-control-"));

describe("A route for pages of every origin", () => {
  it("tells a browser before the request that it may be sent, whatever the path holds", async () => {
    const response = await ask("/v1/widgets/none/hello", { method: "OPTIONS" });
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(Object.fromEntries(namesOf(response).map((n) => [n, response.headers.get(n)]))).toEqual({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "*",
      "access-control-allow-headers": "authorization,*",
      "access-control-max-age": "3600",
    });
  });

  it("lets the page read its answers and its refusals, and their headers", async () => {
    for (const [body, status] of [
      ['{"text":"Hello!"}', 200],
      ["{", 400],
      ["{}", 422],
      [`"${"x".repeat(300_000)}"`, 413],
    ] as const) {
      const response = await say("/v1/widgets/w1/hello", body);
      expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([
        status,
        "*",
      ]);
      const shown = response.headers.get("access-control-expose-headers")?.split(",");
      expect(shown).toEqual(shownToPages);
    }
  });

  it("gives its handler the origin, where it declares that header", async () => {
    const response = await say("/v1/widgets/w1/hello", '{"text":"Hello!"}');
    expect(await response.json()).toEqual({ data: { origin: "https://shop.example.com" } });
  });
});

describe("A route that says nothing of pages", () => {
  it("answers them as it answers everybody, and a preflight as an unknown path", async () => {
    const answer = await say("/v1/closed/w1", '{"text":"Hello!"}');
    expect([answer.status, namesOf(answer)]).toEqual([200, []]);
    const before = await ask("/v1/closed/w1", { method: "OPTIONS" });
    expect([before.status, namesOf(before)]).toEqual([404, []]);
  });
});
