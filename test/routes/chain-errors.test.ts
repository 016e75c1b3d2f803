import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { withLog } from "#test/support/log-lines";
import { type TestRequest, usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();

describe("An error on our side", () => {
  it("says nothing of the inside and is logged with its cause under the request's id", async () => {
    const { team, key, bot_id } = await openWebChat(platform);
    const row = keys.bot(team.id, bot_id);
    await platform.table.update(row, { set: { settings: "what nobody may see" } });
    const { result, lines } = await withLog(() =>
      platform.call("getBot", { as: key, params: { id: bot_id } }),
    );
    expect(result.status).toBe(500);
    expect(result.body).toEqual({
      error: {
        code: "internal_error",
        message: "Something failed on our side. Quote the request id.",
        request_id: result.headers["x-request-id"],
      },
    });
    expect(lines).toEqual([
      expect.objectContaining({
        level: "error",
        event: "request",
        request_id: result.headers["x-request-id"],
        route: "getBot",
        method: "GET",
        status: 500,
        team_id: team.id,
        error: expect.any(String),
        error_message: expect.any(String),
        stack: expect.stringContaining("bot-store.ts"),
      }),
    ]);
    expect(result.headers["x-ratelimit-limit"]).toBe("1000");
  });

  it("does not end the process or the next request", async () => {
    const one = await openWebChat(platform);
    await platform.table.update(keys.bot(one.team.id, one.bot_id), { set: { settings: 1 } });
    const { result } = await withLog(() => platform.call("listBots", { as: one.key }));
    expect(result.status).toBe(500);
    expect((await platform.call("getTeam", { as: one.key })).status).toBe(200);
  });
});

describe("A request that succeeds or is refused", () => {
  it("is one line of the log that names no key, content or header", async () => {
    const chat = await openWebChat(platform, { bot: { status: "paused" } });
    const { lines } = await withLog(async () => {
      await chat.say("What nobody may see", { user: "ada@a.test", message_id: "m-1" });
      await platform.call("createBot", { as: chat.key, body: { name: 7 } });
      await platform.call("getTeam", { as: `${chat.key}x` });
    });
    expect(lines.map(({ level, route, status, code }) => [level, route, status, code])).toEqual([
      ["info", "sendMessage", 201, undefined],
      ["info", "createBot", 422, "validation_error"],
      ["info", "getTeam", 401, "invalid_api_key"],
    ]);
    const text = JSON.stringify(lines);
    expect(text).not.toContain("What nobody may see");
    expect(text).not.toContain("ada@a.test");
    expect(text).not.toContain(chat.key);
    expect(text).not.toContain("sk_live_");
  });
});

describe("A table that throttles", () => {
  const refused = async (operationId: string, request: TestRequest) => {
    const { result, lines } = await withLog(() => platform.call(operationId, request));
    expect([operationId, result.status]).toEqual([operationId, 503]);
    const isUnknown = /^(?:create|send)/.test(operationId) && !request.headers;
    expect(result.body.error).toMatchObject({
      code: "service_unavailable",
      message: isUnknown
        ? expect.stringContaining("This may have been done or not: look before you repeat it")
        : "The service is busy or partly out of reach. Repeat the request.",
    });
    expect(Number(result.headers["retry-after"])).toBeGreaterThan(0);
    expect(lines.filter(({ event }) => event === "request")).toMatchObject([
      { level: "error", route: operationId, status: 503 },
    ]);
    return result;
  };

  it.each([
    ["UpdateItem", "getTeam"],
    ["GetItem", "getBot"],
    ["Query", "listBots"],
    ["TransactWriteItems", "createBot"],
    ["BatchGetItem", "getChannel"],
  ])("is 503 with Retry-After where %s does not come through", async (operation, operationId) => {
    const chat = await openWebChat(platform);
    const requests: Readonly<Record<string, TestRequest>> = {
      getBot: { params: { id: chat.bot_id } },
      getChannel: { params: { id: chat.channel_id } },
      createBot: { body: { name: "Nobody" } },
    };
    platform.faults = (call) => (call.operation === operation ? { kind: "throttle" } : undefined);
    await refused(operationId, { as: chat.key, ...requests[operationId] });
    platform.faults = undefined;
    expect((await platform.call("listBots", { as: chat.key })).body.meta.total).toBe(1);
  });

  it("is 503 when it leaves the keys of a batch unread for too long", async () => {
    const chat = await openWebChat(platform);
    const id = await chat.talk("Hello!");
    platform.faults = ({ operation }) =>
      operation === "BatchGetItem" ? { kind: "short_batch", count: 0 } : undefined;
    await refused("getConversation", { as: chat.key, params: { id } });
  });

  it("is 503 when a connection is lost each time, and not noticed when it is lost once", async () => {
    const { key } = await platform.team();
    platform.faults = ({ operation }) =>
      operation === "GetItem" ? { kind: "connection_lost" } : undefined;
    await refused("getTeam", { as: key });
    let lost = 0;
    platform.faults = () => (lost++ === 0 ? { kind: "connection_lost" } : undefined);
    expect((await platform.call("getTeam", { as: key })).status).toBe(200);
    expect(lost).toBeGreaterThan(1);
  });

  it("has been done or not where each answer is lost, which a POST is told and repeats as one with its Idempotency-Key", async () => {
    const { key } = await platform.team();
    const create = { as: key, body: { name: "Twice?" } };
    const loseAnswers = () => {
      platform.faults = ({ operation }) =>
        operation === "TransactWriteItems" ? { kind: "answer_lost" } : undefined;
    };
    const total = async () => (await platform.call("listBots", { as: key })).body.meta.total;
    loseAnswers();
    await refused("createBot", create);
    platform.faults = undefined;
    expect(await total()).toBe(1);
    const once = { ...create, headers: { "idempotency-key": "k-1" } };
    loseAnswers();
    await refused("createBot", once);
    platform.faults = undefined;
    expect((await platform.call("createBot", once)).status).toBe(201);
    expect(await total()).toBe(2);
  });

  it.each([
    ["its API key", "UpdateItem", undefined],
    ["its Idempotency-Key", "PutItem", { "idempotency-key": "k-1" }],
  ])(
    "has done nothing of a POST that ends at %s, which is only to be repeated",
    async (_, ends, headers) => {
      const { key } = await platform.team();
      platform.faults = ({ operation }) => (operation === ends ? { kind: "throttle" } : undefined);
      const create = { as: key, body: { name: "A" }, ...(headers && { headers }) };
      const { result } = await withLog(() => platform.call("createBot", create));
      expect(result).toBeRefused(503, "service_unavailable");
      expect(result.body.error.message).toBe(
        "The service is busy or partly out of reach. Repeat the request.",
      );
    },
  );

  it("does not matter once it recovers within the client's tries", async () => {
    const { key } = await platform.team();
    let calls = 0;
    platform.faults = () => (calls++ % 2 === 0 ? { kind: "throttle" } : undefined);
    const { status } = await platform.call("createBot", { as: key, body: { name: "A" } });
    expect(status).toBe(201);
  });

  it("keeps no message that was answered with 503, and keeps it once when it is sent again", async () => {
    const chat = await openWebChat(platform);
    platform.faults = ({ operation }) =>
      operation === "TransactWriteItems" ? { kind: "throttle" } : undefined;
    const body = { user: { id: "ada" }, message_id: "m-1", content: "Hello!" };
    await refused("sendMessage", { as: chat.key, params: { id: chat.channel_id }, body });
    platform.faults = undefined;
    const again = await chat.say("Hello!", { message_id: "m-1", wait: 25 });
    expect([again.status, again.body.data.reply.content]).toEqual([201, "Hello!"]);
  });

  it("loses no message when the queue is the one that throttles", async () => {
    const chat = await openWebChat(platform);
    platform.faults = ({ service }) => (service === "sqs" ? { kind: "throttle" } : undefined);
    const { result, lines } = await withLog(() => chat.say("Hello!"));
    expect(result.status).toBe(201);
    expect(lines.map(({ event }) => event)).toContain("wake_not_sent");
    platform.faults = undefined;
    platform.advance(60_000);
    await platform.sweep();
    await platform.settle();
    const again = await platform.call("listMessages", {
      as: chat.key,
      params: { id: result.body.data.message.conversation_id },
    });
    expect(again.body.meta.total).toBe(2);
  });
});
