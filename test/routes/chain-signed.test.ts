import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { needsOfRoute } from "#lib/grants";
import { type Gateway, startGateway } from "#lib/local/gateway";
import { notFound } from "#shared/errors/api-error";
import { defineRoute, type RequestOf, type Route, type Verify } from "#shared/http/define-route";
import { servePublic } from "#shared/http/serve-public";
import { serveSigned } from "#shared/http/serve-signed";
import { id, idParams } from "#shared/schema/fields";
import { costOf, withLog } from "#test/support/log-lines";
import { itRefusesSignatures, unknownId } from "#test/support/refusals";
import { contextOf, eventOf, type TestAnswer, type TestRequest } from "#test/support/test-platform";

/** A platform that signs time and bytes, as Slack, Discord and WhatsApp do, and reads refusals as text. */
const receive = defineRoute({
  operationId: "receiveUpdate",
  method: "POST",
  path: "/hooks/acme/{id}",
  tag: "Channels",
  summary: "Receive what Acme sends",
  auth: { signed: "Acme" },
  params: idParams("ch"),
  input: "bytes",
  maxBytes: 4 * 1024 * 1024,
  headers: ["x-acme-signature", "x-acme-time", "content-type"],
  answers: "raw",
  refusals: "plain",
  data: v.unknown(),
  status: 200,
  errors: ["not_found"],
  grants: {},
});

/** The handshake with which such a platform asks whether an address is ours. */
const shakeHands = defineRoute({
  operationId: "verifyAddress",
  method: "GET",
  path: "/hooks/acme/{id}",
  tag: "Channels",
  summary: "Show Acme that the address is ours",
  auth: { signed: "Acme" },
  params: v.object({ id: id("ch") }),
  query: v.object({ "hub.verify_token": v.string(), "hub.challenge": v.string() }),
  answers: "raw",
  refusals: "plain",
  data: v.unknown(),
  status: 200,
  errors: [],
  grants: {},
});

const channel = { id: "ch_01jd7zq3c8e9v5r2k4m6n8p0ac", secret: "shh" };
type Channel = typeof channel;

const signatureOf = (time: string, bytes: Uint8Array, secret = channel.secret) =>
  createHmac("sha256", secret).update(`${time}:`).update(bytes).digest("hex");

const channelOf = (wanted: string): Channel => {
  if (wanted !== channel.id) throw notFound();
  return channel;
};

let made = 0;
const verify = (): Verify<typeof receive, Channel> => {
  made++;
  return async ({ params, headers, raw }) => {
    const { secret } = channelOf(params.id);
    const right = signatureOf(headers["x-acme-time"] ?? "", raw, secret);
    return headers["x-acme-signature"] === right ? channel : undefined;
  };
};

let received: RequestOf<typeof receive, Channel>[] = [];
let fails = false;
const onReceive = serveSigned(
  receive,
  () => async (request) => {
    if (fails) throw new Error("broken");
    received.push(request);
    return { raw: '{"type":1}', contentType: "application/json" };
  },
  { verify },
);
const onShakeHands = serveSigned<typeof shakeHands, Channel>(
  shakeHands,
  () =>
    async ({ query }) => ({ raw: query["hub.challenge"], contentType: "text/plain" }),
  {
    verify: () => async (request) =>
      request.query["hub.verify_token"] === "ours" ? channelOf(request.params.id) : undefined,
  },
);

const signed = (bytes: Uint8Array, more: Partial<TestRequest> = {}): TestRequest => ({
  params: { id: channel.id },
  rawBody: bytes,
  headers: {
    "content-type": "application/octet-stream",
    "x-acme-time": "1",
    "x-acme-signature": signatureOf("1", bytes),
  },
  ...more,
});
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));

const clock = () => 0;
const call = async (
  request: TestRequest,
  route: Route = receive,
  handler: typeof onReceive = onReceive,
): Promise<TestAnswer> => {
  const answer = await handler(eventOf(route, request), contextOf(route.operationId, clock));
  const headers = Object.fromEntries(
    Object.entries(answer.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
  const text = answer.body ?? "";
  return { status: answer.statusCode ?? 0, headers, text, body: undefined };
};

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ port: 0 });
  gateway.serve([
    { route: receive, handler: onReceive },
    { route: shakeHands, handler: onShakeHands },
  ]);
});
afterAll(() => gateway.close());
beforeEach(() => {
  received = [];
  fails = false;
});

/** Sends over real HTTP what the platform would. */
const post = (bytes: Uint8Array<ArrayBuffer>, type: string, query = "") =>
  fetch(`http://127.0.0.1:${gateway.port}/hooks/acme/${channel.id}${query}`, {
    method: "POST",
    body: bytes,
    headers: {
      "content-type": type,
      "x-acme-time": "7",
      "x-acme-signature": signatureOf("7", bytes),
      "x-other": "1",
    },
  });

describe("A route that a platform signs", () => {
  itRefusesSignatures(receive, call, async () => signed(bytesOf("{}")));

  it.each([
    ["JSON, however it is written", "application/json", '{ "b" : 1.0,\r\n"a":"\\u00e4ä" }'],
    ["JSON in another's words", "application/vnd.acme+json", '{"a":"ä"}'],
    ["a form", "application/x-www-form-urlencoded", "payload=%7B%22a%22%3A1%7D&b=+"],
    ["a form with files", "multipart/form-data; boundary=x", "--x\r\n\r\nä\r\n--x--\r\n"],
    ["text", "text/plain; charset=utf-8", "ä\u0000"],
  ])("gives its handler the bytes of %s", async (_, type, text) => {
    const bytes = bytesOf(text);
    const response = await post(bytes, type);
    expect([response.status, await response.text()]).toEqual([200, '{"type":1}']);
    expect(received.map(({ raw }) => Buffer.from(raw).toString())).toEqual([text]);
    expect(received[0]?.headers["content-type"]).toBe(type);
  });

  it("gives its handler bytes that are no text, and those of an empty body", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect((await post(bytes, "application/json")).status).toBe(200);
    expect((await post(bytes, "image/png")).status).toBe(200);
    expect((await post(new Uint8Array(), "application/json")).status).toBe(200);
    expect(received.map(({ raw }) => raw.length)).toEqual([256, 256, 0]);
    for (const { raw } of received.slice(0, 2)) {
      expect(Buffer.from(raw)).toEqual(Buffer.from(bytes));
    }
  });

  it("gives its handler who signed, the headers that it declares and no others", async () => {
    await post(bytesOf("x"), "text/plain");
    const [request] = received;
    expect(request?.sender).toBe(channel);
    expect(request?.caller).toBeUndefined();
    expect(request?.params).toEqual({ id: channel.id });
    expect(request?.headers).toEqual({
      "content-type": "text/plain",
      "x-acme-time": "7",
      "x-acme-signature": signatureOf("7", bytesOf("x")),
    });
  });

  it("answers 200 whatever stands in the query, which platforms may add to", async () => {
    const response = await post(bytesOf("x"), "text/plain", "?page=0&a=1&a=2");
    expect(response.status).toBe(200);
    expect(received[0]?.query).toEqual({});
  });

  it.each([
    ["another body", signed(bytesOf("a"), { rawBody: bytesOf("b") })],
    ["one byte more", signed(bytesOf("a"), { rawBody: bytesOf("a\n") })],
    ["no body", signed(bytesOf("a"), { rawBody: "" })],
    ["nothing", signed(bytesOf("a"), { headers: {} })],
    ["an API key", signed(bytesOf("a"), { headers: {}, as: "sk_live_x" })],
  ])("answers 401 in text to the signature of %s", async (_, request) => {
    const { result, lines } = await withLog(() => call(request));
    expect([result.status, result.text]).toEqual([401, "The signature is missing or wrong."]);
    expect(result.headers).toEqual({
      "content-type": "text/plain; charset=utf-8",
      "x-request-id": expect.stringMatching(/^req_/),
    });
    expect(lines).toMatchObject([
      { route: "receiveUpdate", status: 401, code: "invalid_signature" },
    ]);
    expect(received).toEqual([]);
  });

  it.each([unknownId("ch"), "nonsense", "bot_01jd7zq3c8e9v5r2k4m6n8p0ac"])(
    "answers 404 in text for the sender %s, with the same words",
    async (wanted) => {
      const { status, text } = await call(signed(bytesOf("a"), { params: { id: wanted } }));
      expect([status, text]).toEqual([
        404,
        "There is no such resource. Check the path and the id.",
      ]);
    },
  );

  it("answers 500 in text when its handler breaks, and says nothing of the inside", async () => {
    fails = true;
    const { result, lines } = await withLog(() => call(signed(bytesOf("a"))));
    expect([result.status, result.headers["content-type"], result.text]).toEqual([
      500,
      "text/plain; charset=utf-8",
      "Something failed on our side. Quote the request id.",
    ]);
    expect(lines).toMatchObject([{ level: "error", error_message: "broken" }]);
  });

  it("takes 4 MiB where it says so, and names that size when more comes, over HTTP too", async () => {
    const most = new Uint8Array(4 * 1024 * 1024).fill(65);
    expect((await post(most, "application/octet-stream")).status).toBe(200);
    expect((await post(most, "text/plain")).status).toBe(200);
    expect(received.map(({ raw }) => raw.length)).toEqual([most.length, most.length]);
    const more = new Uint8Array(most.length + 1).fill(65);
    for (const type of ["application/octet-stream", "text/plain"]) {
      const response = await post(more, type);
      expect([response.status, await response.text()]).toEqual([
        413,
        "The body is larger than 4 MiB.",
      ]);
    }
  });

  it("makes what verifies once, at the first request, and costs no call by itself", async () => {
    const { lines } = await withLog(async () => {
      await call(signed(bytesOf("a")));
      await call(signed(bytesOf("a")));
    });
    expect(made).toBe(1);
    expect(costOf(lines)).toEqual({ calls: 0, reads: 0, writes: 0 });
    expect(needsOfRoute(receive)).toEqual({
      table: [],
      sends: [],
      key: [],
      models: false,
      blobs: [],
      publicUrl: false,
    });
  });

  it("refuses in the API's envelope unless it says otherwise", async () => {
    const { refusals: _, ...rest } = receive;
    const route = defineRoute({ ...rest, headers: [] });
    const handler = serveSigned(route, () => async () => ({ raw: "", contentType: "text/plain" }), {
      verify: () => async () => undefined,
    });
    const { status, headers, text } = await call(signed(bytesOf("a")), route, handler);
    expect([status, headers["content-type"]]).toEqual([401, "application/json; charset=utf-8"]);
    expect(JSON.parse(text)).toEqual({
      error: {
        code: "invalid_signature",
        message: "The signature is missing or wrong.",
        request_id: headers["x-request-id"],
      },
    });
  });
});

describe("A handshake over GET", () => {
  const shake = (query: string) =>
    fetch(`http://127.0.0.1:${gateway.port}/hooks/acme/${channel.id}?${query}`);

  it("is answered with the challenge as text", async () => {
    const response = await shake("hub.mode=subscribe&hub.verify_token=ours&hub.challenge=%3C1%3E");
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      200,
      "text/plain",
      "<1>",
    ]);
  });

  it("is refused with a wrong token, and without one, in text", async () => {
    const wrong = await shake("hub.verify_token=theirs&hub.challenge=1");
    expect([wrong.status, await wrong.text()]).toEqual([401, "The signature is missing or wrong."]);
    const none = await shake("hub.challenge=1");
    expect([none.status, await none.text()]).toEqual([422, "The request has 1 problem."]);
  });
});

describe("A route of JSON", () => {
  const probe = defineRoute({
    operationId: "probe",
    method: "POST",
    path: "/v1/probe",
    tag: "System",
    summary: "Shows what a handler is given",
    auth: { public: "it is a test." },
    body: v.strictObject({ text: v.string() }),
    maxBytes: 1024,
    answers: "one",
    data: v.array(v.string()),
    status: 200,
    errors: [],
    grants: {},
  });
  const handler = servePublic(probe, () => async (request) => ({
    body: Object.keys(request).sort(),
  }));
  const ask = (rawBody: string) => call({ rawBody, headers: { "x-a": "1" } }, probe, handler);

  it("gives its handler neither bytes nor headers nor a sender that it did not ask for", async () => {
    const { text } = await ask('{"text":"a"}');
    const { data } = JSON.parse(text) as { data: string[] };
    expect(data.filter((name) => ["raw", "headers", "sender"].includes(name))).toEqual([]);
    expect(data).toEqual(expect.arrayContaining(["body", "caller", "params", "query"]));
  });

  it("may have a limit of its own, which its refusal names", async () => {
    const exact = `{"text":"${"x".repeat(1024 - 11)}"}`;
    expect((await ask(exact)).status).toBe(200);
    const { status, text } = await ask(`${exact} `);
    expect([status, JSON.parse(text).error.message]).toEqual([
      413,
      "The body is larger than 1 KiB.",
    ]);
  });
});
