import { describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import type { FaultPlan } from "#lib/local/embedded/faults";
import { defineRoute } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { withLog } from "#test/support/log-lines";
import { created } from "#test/support/make";
import {
  contextOf,
  eventOf,
  type TestAnswer,
  type TestRequest,
  usePlatform,
} from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();

const minute = 60_000;
const headers = { "idempotency-key": "once" };
const create = (as: string, body: unknown = { name: "A" }) =>
  platform.call("createBot", { as, body, headers });
const countBots = async (as: string) => (await platform.call("listBots", { as })).body.meta.total;

/** The body of a refusal without the id of its request. */
const withoutId = ({ text, body }: TestAnswer) => text.replace(body.error.request_id, "");

/** Fails every call of an operation on an idempotency record. */
const failRecord =
  (operation: string): FaultPlan =>
  (call) =>
    call.operation === operation && JSON.stringify(call.input).includes("#IDEMPOTENCY#")
      ? { kind: "connection_lost" }
      : undefined;

describe("A kept answer", () => {
  it.each<[number, string, TestRequest]>([
    [400, "createBot", { rawBody: "{" }],
    [404, "createChannel", { params: { bot_id: "bot_1" }, body: { type: "web" } }],
    [413, "createBot", { rawBody: "x".repeat(300_000) }],
    [415, "createBot", { rawBody: "{}", headers: { ...headers, "content-type": "text/plain" } }],
    [422, "createBot", { body: {} }],
  ])("may be a %s", async (status, operationId, request) => {
    const { key } = await platform.team();
    const first = await platform.call(operationId, { headers, ...request, as: key });
    const again = await platform.call(operationId, { headers, ...request, as: key });
    expect([first.status, again.status]).toEqual([status, status]);
    expect(withoutId(again)).toBe(withoutId(first));
    expect(again.headers["idempotent-replayed"]).toBe("true");
    for (const { headers, body } of [first, again]) {
      expect(body.error.request_id).toBe(headers["x-request-id"]);
    }
    expect(again.headers["x-request-id"]).not.toBe(first.headers["x-request-id"]);
  });

  it("stays a 409 although the state has changed", async () => {
    const { key } = await platform.team();
    const bot_id = await created(platform, "createBot", { as: key, body: { name: "A" } });
    const request = { as: key, params: { bot_id }, body: { type: "web" } };
    const ids: string[] = [];
    for (let count = 0; count < 20; count++) {
      ids.push(await created(platform, "createChannel", request));
    }
    const first = await platform.call("createChannel", { ...request, headers });
    expect(first.status).toBe(409);
    await platform.call("deleteChannel", { as: key, params: { id: ids[0] ?? "" } });
    const again = await platform.call("createChannel", { ...request, headers });
    expect([again.status, withoutId(again)]).toEqual([409, withoutId(first)]);
    expect(again.body.error.request_id).toBe(again.headers["x-request-id"]);
    const other = { "idempotency-key": "another" };
    expect((await platform.call("createChannel", { ...request, headers: other })).status).toBe(201);
  });
});

describe("An answer that is not kept", () => {
  it("is a 401: the key that is valid later is served", async () => {
    const { key } = await platform.team();
    expect((await create(`${key.slice(0, -1)}-`)).status).toBe(401);
    expect((await create(key)).status).toBe(201);
  });

  it("is a 403: a key with the scope is served", async () => {
    const team = await platform.team();
    expect((await create(await team.keyWith("bots:read"))).status).toBe(403);
    expect((await create(team.key)).status).toBe(201);
  });

  it("is a 429: the next minute serves", async () => {
    const { key } = await platform.team("free");
    for (let count = 0; count < 60; count++) await platform.call("getTeam", { as: key });
    expect((await create(key)).status).toBe(429);
    platform.advance(minute);
    expect((await create(key)).status).toBe(201);
    expect(await countBots(key)).toBe(1);
  });

  it("is a 503: the next try is served at once, and makes what the first began", async () => {
    const { key } = await platform.team();
    const began = new Date(platform.clock()).toISOString();
    platform.faults = ({ operation }) =>
      operation === "TransactWriteItems" ? { kind: "throttle" } : undefined;
    const { result: first } = await withLog(() => create(key));
    expect(first.status).toBe(503);
    platform.faults = undefined;
    platform.advance(1_000);
    const second = await create(key);
    expect([second.status, second.headers["idempotent-replayed"]]).toEqual([201, undefined]);
    expect(second.body.data.created_at).toBe(began);
    expect(await countBots(key)).toBe(1);
    expect((await create(key)).headers["idempotent-replayed"]).toBe("true");
  });

  it("is a refusal for another request or a running one: the first answer stands", async () => {
    const { key } = await platform.team();
    const first = await create(key);
    expect((await create(key, { name: "B" })).status).toBe(422);
    expect((await create(key)).text).toBe(first.text);
  });
});

describe("A function that died", () => {
  it("blocks the key for 45 s when it died before its answer was kept; the repeat then makes the same", async () => {
    const { key } = await platform.team();
    platform.faults = failRecord("UpdateItem");
    const { result: first, lines } = await withLog(() => create(key));
    platform.faults = undefined;
    expect(first.status).toBe(201);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "error", event: "answer_not_kept" }),
    );
    platform.advance(44_999);
    const early = await create(key);
    expect(early).toBeRefused(409, "idempotency_in_progress");
    expect(early.headers["retry-after"]).toBe("1");
    platform.advance(1);
    const again = await create(key);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers["location"]).toBe(first.headers["location"]);
    expect(again.headers["idempotent-replayed"]).toBeUndefined();
    expect(await countBots(key)).toBe(1);
    expect((await create(key)).headers["idempotent-replayed"]).toBe("true");
  });

  it("is followed by one of many that come when its time is over", async () => {
    const { key } = await platform.team();
    platform.faults = failRecord("UpdateItem");
    const { result: first } = await withLog(() => create(key));
    platform.faults = undefined;
    platform.advance(45_000);
    const sent = await Promise.all(Array.from({ length: 50 }, () => create(key)));
    const made = sent.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    expect(sent.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(new Set(made.map(({ text }) => text))).toEqual(new Set([first.text]));
    expect(made.filter(({ headers: { "idempotent-replayed": mark } }) => !mark)).toHaveLength(1);
    expect(await countBots(key)).toBe(1);
  });

  it("has its channel, integration with secret and message made again with the same ids and times", async () => {
    const chat = await openWebChat(platform, { bot: { status: "paused" } });
    const requests: [string, TestRequest][] = [
      ["createChannel", { params: { bot_id: chat.bot_id }, body: { type: "web" } }],
      [
        "createIntegration",
        { params: { bot_id: chat.bot_id }, body: { name: "B", url: "https://b.test/" } },
      ],
      [
        "sendMessage",
        {
          params: { id: chat.channel_id },
          body: { user: { id: "ada" }, content: "Hello!" },
        },
      ],
    ];
    for (const [operationId, request] of requests) {
      const whole = {
        ...request,
        as: chat.key,
        headers: { "idempotency-key": `once-${operationId}` },
      };
      platform.faults = failRecord("UpdateItem");
      const { result: first } = await withLog(() => platform.call(operationId, whole));
      platform.faults = undefined;
      platform.advance(46_000);
      const again = await platform.call(operationId, whole);
      expect([operationId, again.status, again.text]).toEqual([operationId, 201, first.text]);
    }
    const list = { as: chat.key, params: { bot_id: chat.bot_id } };
    expect((await platform.call("listChannels", list)).body.meta.total).toBe(2);
    expect((await platform.call("listIntegrations", list)).body.meta.total).toBe(2);
    const [conversation] = (await platform.call("listConversations", list)).body.data;
    expect(conversation.message_count).toBe(1);
  });
});

describe("A function that only stalled", () => {
  it("does not put its answer in the place of the one that was kept meanwhile", async () => {
    const route = defineRoute({
      operationId: "probe",
      method: "POST",
      path: "/v1/probe",
      tag: "System",
      summary: "Counts its runs",
      auth: { scope: "any" },
      answers: "one",
      data: v.object({ id: v.string(), run: v.number() }),
      status: 201,
      errors: [],
      grants: {},
    });
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    let runs = 0;
    const handler = serve(
      route,
      () =>
        async ({ mint }) => {
          const run = ++runs;
          begin();
          if (run === 1) await released;
          return { body: { id: mint.id("bot"), run } };
        },
      { table: () => platform.table, clock: platform.clock },
    );
    const { key } = await platform.team();
    const ask = async () => {
      const event = eventOf(route, { as: key, headers });
      const { body } = await handler(event, contextOf("probe", platform.clock));
      return JSON.parse(body ?? "") as { data: { id: string; run: number } };
    };
    const stalled = ask();
    await begun;
    platform.advance(46_000);
    const second = await ask();
    release();
    const first = await stalled;
    expect([first.data.run, second.data.run]).toEqual([1, 2]);
    expect(first.data.id).toBe(second.data.id);
    expect(await ask()).toEqual(second);
    expect(runs).toBe(2);
  });
});

describe("A record", () => {
  it("is this request's own when the client repeats the put whose answer was lost", async () => {
    const { key } = await platform.team();
    let lost = 0;
    platform.faults = ({ operation }) =>
      operation === "PutItem" && lost++ === 0 ? { kind: "answer_lost" } : undefined;
    const { status, headers: given } = await create(key);
    expect(lost).toBeGreaterThan(1);
    expect([status, given["idempotent-replayed"]]).toEqual([201, undefined]);
  });

  it("is 503 when the table cannot take it, and nothing is done", async () => {
    const { key } = await platform.team();
    platform.faults = failRecord("PutItem");
    const { result } = await withLog(() => create(key));
    platform.faults = undefined;
    expect(result.status).toBe(503);
    expect(await countBots(key)).toBe(0);
    expect((await create(key)).status).toBe(201);
  });
});
