import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { unknownId } from "#test/support/refusals";
import { startTestGateway, type TestGateway, type WireAnswer } from "#test/support/test-gateway";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway(platform);
});
afterAll(() => gateway.close());

/** An answer without what tells one request from another. */
function withoutRequest({ status, headers, text }: WireAnswer) {
  const id = headers["x-request-id"] ?? "none";
  const names = Object.keys(headers).filter((name) => !/^(date|connection|keep-alive)$/.test(name));
  return { status, names, text: text.replaceAll(id, "req") };
}

const notFound = JSON.stringify({
  error: {
    code: "not_found",
    message: "There is no such resource. Check the path and the id.",
    request_id: "req",
  },
});

describe("What no route answers", () => {
  it.each([
    ["POST", "/"],
    ["GET", "/docs//"],
    ["GET", "/v1"],
    ["GET", "/v1/"],
    ["GET", "/v1/nothing"],
    ["GET", "/v1/bots/"],
    ["GET", "/V1/bots"],
    ["GET", "/v2/bots"],
    ["GET", "//v1/bots"],
    ["GET", "/v1//bots"],
    ["GET", "/v1/bots/bot_1/nothing"],
    ["GET", "/v1/bots/bot_1/channels/ch_1"],
    ["GET", "/v1/../v1/nothing"],
    ["GET", "/%2e%2e/%2e%2e/etc/passwd"],
    ["GET", "/v1/%00"],
    ["GET", "/v1/%zz"],
    ["GET", "/.env"],
    ["PUT", "/v1/bots"],
    ["DELETE", "/v1/bots"],
    ["PATCH", "/v1/health"],
    ["POST", "/v1/health"],
    ["OPTIONS", "/v1/bots"],
    ["TRACE", "/v1/bots"],
    ["PROPFIND", "/v1/bots"],
  ])("is the same 404 with and without a key: %s %s", async (method, target) => {
    const { key } = await platform.team();
    const answers = [
      await gateway.send({ method, target }),
      await gateway.send({ method, target, key }),
      await gateway.send({ method, target, key: "nonsense" }),
      await gateway.send({ method, target: `${target}?page=1`, key }),
    ];
    for (const answer of answers) {
      expect(withoutRequest(answer)).toEqual({
        status: 404,
        names: ["x-request-id", "content-type", "content-length"],
        text: notFound,
      });
    }
    expect(new Set(answers.map(({ headers }) => headers["x-request-id"])).size).toBe(4);
  });

  it("is the same 404 for a path of 5,000 characters", async () => {
    const answer = await gateway.send({ target: `/v1/${"x".repeat(5_000)}` });
    expect([answer.status, withoutRequest(answer).text]).toEqual([404, notFound]);
  });

  it("is a 404 without a body for HEAD", async () => {
    const { status, text } = await gateway.send({ method: "HEAD", target: "/v1/nothing" });
    expect([status, text]).toEqual([404, ""]);
  });

  it("is the same 404 whatever the body", async () => {
    for (const body of ["", "{", "x".repeat(300_000)]) {
      const answer = await gateway.send({ method: "POST", target: "/v1/nothing", body });
      expect([answer.status, withoutRequest(answer).text]).toEqual([404, notFound]);
    }
  });
});

describe("What is not there for a key", () => {
  it("is byte for byte the same, whether unknown, malformed, foreign or under what was deleted", async () => {
    const chat = await openWebChat(platform);
    const stranger = await openWebChat(platform);
    const conversation = await chat.talk("Hello!");
    const foreign = await stranger.talk("Hello!");
    await platform.call("deleteChannel", { as: chat.key, params: { id: chat.channel_id } });
    const ids = [
      unknownId("conv"),
      conversation,
      foreign,
      chat.bot_id,
      conversation.toUpperCase(),
      `${conversation}%20`,
      `${conversation}%00`,
      conversation.slice(0, -1),
      "conv_",
      "a%2Fb",
      "..%2f..%2fetc%2fpasswd",
      "%F0%9F%98%80",
      "%ff%fe",
      "%7B%7D",
      "'%20OR%201=1--",
      "$ne",
      "__proto__",
      "constructor",
      "x".repeat(5_000),
    ];
    const answers = [];
    for (const id of ids) {
      answers.push(await gateway.send({ target: `/v1/conversations/${id}`, key: chat.key }));
    }
    answers.push(
      await gateway.send({ target: `/v1/channels/${chat.channel_id}`, key: chat.key }),
      await gateway.send({ target: `/v1/conversations/${foreign}/messages`, key: chat.key }),
      await gateway.send({
        method: "DELETE",
        target: `/v1/bots/${stranger.bot_id}`,
        key: chat.key,
      }),
      await gateway.send({
        method: "POST",
        target: `/v1/channels/${stranger.channel_id}/messages`,
        key: chat.key,
        body: JSON.stringify({ user: { id: "ada" }, content: "Hello!" }),
      }),
    );
    const unknownRoute = withoutRequest(await gateway.send({ target: "/v1/nothing" }));
    for (const answer of answers) {
      const { status, text } = withoutRequest(answer);
      expect({ status, text }).toEqual({ status: 404, text: unknownRoute.text });
    }
    expect(new Set(answers.map((answer) => withoutRequest(answer).names.join()))).toEqual(
      new Set([
        "x-request-id,x-ratelimit-limit,x-ratelimit-remaining,x-ratelimit-reset,content-type,content-length",
      ]),
    );
  });

  it("is a 401 without a key, which tells nothing of what is there", async () => {
    const chat = await openWebChat(platform);
    const there = await gateway.send({ target: `/v1/bots/${chat.bot_id}` });
    const not = await gateway.send({ target: `/v1/bots/${unknownId("bot")}` });
    expect(there.status).toBe(401);
    expect(withoutRequest(there)).toEqual(withoutRequest(not));
  });
});
