import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { type Gateway, type GatewayOptions, startGateway } from "#lib/local/gateway";
import { notFound as notFoundError } from "#shared/errors/api-error";
import type { Auth } from "#shared/http/define-route";

const open: Gateway[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()));
});

type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<unknown>;

const echo: Handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });
const notFound: Handler = async () => ({ statusCode: 404, body: '{"error":{"code":"not_found"}}' });

async function start(
  handlers: Record<string, Handler>,
  { auth = { scope: "any" }, ...options }: Partial<GatewayOptions> & { auth?: Auth } = {},
) {
  const gateway = await startGateway({ port: 0, ...options });
  open.push(gateway);
  const routes = { "GET /{proxy+}": notFound, ...handlers };
  gateway.serve(
    Object.entries(routes).map(([address, handler]) => {
      const [method, path] = address.split(" ");
      const route = { method, path, operationId: address, auth } as never;
      return { route, handler };
    }),
  );
  return { gateway, url: `http://127.0.0.1:${gateway.port}` };
}

/** Sends raw bytes and gives back all that came until the connection ended, or `until` was in it. */
async function raw(gateway: Gateway, parts: readonly string[], until?: string) {
  const socket = connect(gateway.port, "127.0.0.1");
  let text = "";
  const done = new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (until !== undefined && text.includes(until)) socket.destroy();
    });
    socket.on("close", () => resolve());
    socket.on("error", () => {});
  });
  await once(socket, "connect");
  for (const part of parts) {
    socket.write(part);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await done;
  return text;
}

/** The first answer in what came over a connection, which is a refusal in the API's envelope, and what came behind. */
function refusalIn(text: string) {
  const end = text.indexOf("\r\n\r\n") + 4;
  const headers = text.slice(0, end).toLowerCase();
  const length = Number(/content-length: (\d+)/.exec(headers)?.[1]);
  const { error } = JSON.parse(text.slice(end, end + length)) as { error: Record<string, string> };
  const status = text.slice("HTTP/1.1 ".length, text.indexOf("\r\n"));
  return { status, headers, error, rest: text.slice(end + length) };
}

/** What the function was given, read back from its answer. */
async function seen(response: Response): Promise<APIGatewayProxyEventV2> {
  expect(response.status).toBe(200);
  return (await response.json()) as APIGatewayProxyEventV2;
}

// Failures are provoked here; their log lines would only frighten.
beforeEach(() => void jest.spyOn(process.stdout, "write").mockReturnValue(true));
afterEach(() => void jest.restoreAllMocks());

describe("the event of a request", () => {
  it("says method, path, query, headers and who asks, as an HTTP API does", async () => {
    const { url } = await start(
      { "GET /v1/bots/{id}": echo },
      { clock: () => Date.parse("2026-03-12T19:03:58.250Z") },
    );

    const event = await seen(
      await fetch(`${url}/v1/bots/a%20b?x=1&y=%C3%A4&x=2`, {
        headers: { "X-One": "1", "User-Agent": "test", Cookie: "a=1; b=2" },
      }),
    );

    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "GET /v1/bots/{id}",
      rawPath: "/v1/bots/a b",
      rawQueryString: "x=1&y=%C3%A4&x=2",
      queryStringParameters: { x: "1,2", y: "ä" },
      pathParameters: { id: "a b" },
      cookies: ["a=1", "b=2"],
      isBase64Encoded: false,
      requestContext: {
        http: {
          method: "GET",
          path: "/v1/bots/a b",
          protocol: "HTTP/1.1",
          sourceIp: "127.0.0.1",
          userAgent: "test",
        },
        requestId: expect.stringMatching(/^req_[0-9a-z]{26}$/),
        routeKey: "GET /v1/bots/{id}",
        stage: "$default",
        time: "12/Mar/2026:19:03:58 +0000",
      },
    });
    expect(event.headers["x-one"]).toBe("1");
    expect(event.headers).not.toHaveProperty("cookie");
    expect(event).not.toHaveProperty("body");
  });

  it("joins repeated headers with commas", async () => {
    const { gateway } = await start({ "GET /x": echo });
    const answer = await raw(gateway, [
      "GET /x HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\nconstructor: 3\r\nConnection: close\r\n\r\n",
    ]);
    expect(answer).toContain('"x-a":"1,2"');
    expect(answer).toContain('"constructor":"3"');
  });

  it("leaves query and path parameters out when there are none", async () => {
    const { url } = await start({ "GET /x": echo });
    const event = await seen(await fetch(`${url}/x`));
    expect(event).not.toHaveProperty("queryStringParameters");
    expect(event).not.toHaveProperty("pathParameters");
    expect(event.rawQueryString).toBe("");
  });

  it.each([
    "application/json",
    "application/json; charset=utf-8",
    "text/plain",
    "text/x-anything",
    "application/xml",
    "application/javascript",
  ])("holds a body of %s as text", async (type) => {
    const { url } = await start({ "POST /x": echo });
    const init = { method: "POST", body: '{"a":"ä"}', headers: { "content-type": type } };
    const event = await seen(await fetch(`${url}/x`, init));
    expect(event).toMatchObject({ body: '{"a":"ä"}', isBase64Encoded: false });
  });

  it.each([
    ["another type", "application/octet-stream", Buffer.from("abc")],
    ["a form", "application/x-www-form-urlencoded", Buffer.from("a=1")],
    ["a form with files", "multipart/form-data; boundary=x", Buffer.from("--x--")],
    ["JSON in another's words", "application/vnd.api+json", Buffer.from("{}")],
    ["JSON that is no UTF-8", "application/json", Buffer.from([0x22, 0xff, 0x22])],
  ])("holds a body of %s in base64", async (_, type, body) => {
    const { url } = await start({ "POST /x": echo });
    const init = { method: "POST", body, headers: { "content-type": type } };
    const event = await seen(await fetch(`${url}/x`, init));
    expect(event).toMatchObject({ body: body.toString("base64"), isBase64Encoded: true });
  });

  it("holds a chunked body without a type in base64", async () => {
    const { gateway } = await start({ "POST /x": echo });
    const answer = await raw(gateway, [
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
      "3\r\nabc\r\n",
      "2\r\nde\r\n0\r\n\r\n",
    ]);
    expect(answer).toContain(`"body":"${Buffer.from("abcde").toString("base64")}"`);
  });

  it("goes to the catch-all for unknown paths and for every method that no route has", async () => {
    const { url } = await start({ "GET /x": echo });
    for (const method of ["PUT", "OPTIONS", "POST", "PATCH", "DELETE"]) {
      expect((await fetch(`${url}/x`, { method })).status).toBe(404);
    }
    const head = await fetch(`${url}/x`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([404, ""]);
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  });

  it("says HEAD where everybody may GET, and the answer is the same without its body", async () => {
    const methods: string[] = [];
    const { url, gateway } = await start(
      {
        "GET /x/{id}": async ({ requestContext }) => {
          methods.push(`${requestContext.http.method} ${requestContext.routeKey}`);
          return { statusCode: 200, headers: { "x-a": "1" }, body: "ä" };
        },
        "POST /y": echo,
      },
      { auth: { public: "Anybody asks." } },
    );
    const answer = await raw(gateway, [
      "HEAD /x/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\nx-a: 1\r\n.*content-length: 2\r\n.*\r\n\r\n$/s);
    expect((await fetch(`${url}/x/1`)).status).toBe(200);
    expect(methods).toEqual(["HEAD HEAD /x/{id}", "GET GET /x/{id}"]);
    expect((await fetch(`${url}/y`, { method: "HEAD" })).status).toBe(404);
  });

  it("is made for a target in absolute form too", async () => {
    const { gateway } = await start({ "GET /x": echo });
    const answer = await raw(gateway, [
      "GET http://example.com/x?a=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ]);
    expect(answer).toContain('"rawPath":"/x"');
  });
});

describe("the answer of a function", () => {
  it("is written with status, headers, cookies and body", async () => {
    const { url } = await start({
      "GET /x": async () => ({
        statusCode: 201,
        headers: { Location: "/y", "X-Number": 1 },
        cookies: ["a=1", "b=2"],
        body: "ä",
      }),
    });
    const response = await fetch(`${url}/x`);
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe("/y");
    expect(response.headers.get("x-number")).toBe("1");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("content-length")).toBe("2");
    expect(await response.text()).toBe("ä");
  });

  it("is text when it does not say what it is, and the gateway's own is JSON", async () => {
    const { url } = await start({
      "GET /x": async () => ({ statusCode: 302, headers: { location: "/y" } }),
      "GET /y": async () => undefined,
    });
    const types = ["/x", "/y"].map(async (path) =>
      (await fetch(url + path, { redirect: "manual" })).headers.get("content-type"),
    );
    expect(await Promise.all(types)).toEqual(["text/plain; charset=utf-8", "application/json"]);
  });

  it("may be bytes in base64", async () => {
    const body = Buffer.from([0, 255, 1]);
    const { url } = await start({
      "GET /x": async () => ({
        statusCode: 200,
        body: body.toString("base64"),
        isBase64Encoded: true,
      }),
    });
    expect(Buffer.from(await (await fetch(`${url}/x`)).arrayBuffer())).toEqual(body);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("broken"))],
    [
      "throws before its first promise",
      () => {
        throw new Error("broken");
      },
    ],
    ["answers nothing", async () => undefined],
    ["answers without a status", async () => ({ body: "x" })],
    [
      "answers more bytes than Lambda gives on",
      async () => ({ statusCode: 200, body: "x".repeat(6_291_556) }),
    ],
    [
      "answers more than that with its quotes escaped",
      async () => ({ statusCode: 200, body: '"'.repeat(3_200_000) }),
    ],
    [
      "answers with a header that HTTP cannot carry",
      async () => ({ statusCode: 200, headers: { a: "x\r\ny" } }),
    ],
  ] as [string, Handler][])("is 500 when it %s", async (_, handler) => {
    const { url } = await start({ "GET /x": handler });
    const response = await fetch(`${url}/x`);
    expect([response.status, await response.text()]).toEqual([
      500,
      '{"message":"Internal Server Error"}',
    ]);
  });

  it("comes through when it has just the bytes that Lambda gives on", async () => {
    const empty = JSON.stringify({ statusCode: 200, body: "" }).length;
    const body = "x".repeat(6_291_556 - empty);
    const { url } = await start({ "GET /x": async () => ({ statusCode: 200, body }) });
    expect((await (await fetch(`${url}/x`)).text()).length).toBe(body.length);
  });

  it("is 503 when it does not come in time", async () => {
    const { url } = await start(
      { "GET /x": () => new Promise(() => {}) },
      { functionTimeoutMs: 20 },
    );
    const response = await fetch(`${url}/x`);
    expect([response.status, await response.text()]).toEqual([
      503,
      '{"message":"Service Unavailable"}',
    ]);
  });

  it("comes in order on a connection that is used again and again", async () => {
    const { gateway } = await start({
      "POST /x": async ({ body }) => ({ statusCode: 200, body: `<${body}>` }),
    });
    const post = (body: string) =>
      `POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const get = "GET /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    const answer = await raw(gateway, [post("one") + get + post("two"), post("three")], "<three>");
    const bodies = answer.match(/<\w+>|not_found/g);
    expect(bodies).toEqual(["<one>", "not_found", "<two>", "<three>"]);
  });

  it("tells the function how much time it has left", async () => {
    const { url } = await start({
      "GET /x": async (_, context) => ({
        statusCode: 200,
        body: String(context.getRemainingTimeInMillis()),
      }),
    });
    const left = Number(await (await fetch(`${url}/x`)).text());
    expect(left).toBeGreaterThan(28_000);
    expect(left).toBeLessThanOrEqual(29_000);
  });
});

describe("a large body", () => {
  const large = "x".repeat(600_000);
  const head = `POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${large.length}\r\n\r\n`;
  const small = "POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx";

  it.each(["ends", "breaks off"])(
    "waits for room until another %s, and holds up no small one",
    async (how) => {
      const sizes: number[] = [];
      const { gateway } = await start(
        {
          "POST /x": async ({ body = "" }) => {
            sizes.push(Buffer.from(body, "base64").length);
            return { statusCode: 204 };
          },
        },
        { bodyRoom: 1_000_000 },
      );
      const first = connect(gateway.port, "127.0.0.1");
      const gone = once(first, "close");
      first.resume().write(head + large.slice(1));
      await once(first, "drain");
      let isAnswered = false;
      const second = raw(gateway, [head + large]).then((text) => {
        isAnswered = true;
        return text;
      });
      // Each is sent, and answered, after what came before it.
      for (let count = 0; count < 5; count++) {
        expect(await raw(gateway, [small])).toMatch(/^HTTP\/1\.1 204 /);
      }
      expect(isAnswered).toBe(false);
      if (how === "ends") first.write("x");
      else first.destroy();
      expect(await second).toMatch(/^HTTP\/1\.1 204 /);
      await gone;
      expect(sizes.filter((size) => size > 1)).toEqual(
        (how === "ends" ? [0, 0] : [0]).map(() => large.length),
      );
    },
  );
});

describe("what never reaches a function", () => {
  it("is a body above 10 MB: 413 at once", async () => {
    const called: string[] = [];
    const { gateway } = await start({
      "POST /x": async () => {
        called.push("x");
        return { statusCode: 200 };
      },
    });
    const answer = await raw(
      gateway,
      ["POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10485761\r\n\r\nbegin"],
      "Too Long",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('{"message":"Request Too Long"}');
    expect(answer.toLowerCase()).toContain("connection: close");
    expect(called).toEqual([]);
  });

  it("is a body above 10 MB of unknown length", async () => {
    const { url } = await start({ "POST /x": echo });
    const megabyte = new Uint8Array(1024 * 1024);
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        if (sent++ < 12) controller.enqueue(megabyte);
        else controller.close();
      },
    });
    const init = { method: "POST", body, duplex: "half" } as RequestInit;
    const response = await fetch(`${url}/x`, init);
    expect([response.status, await response.text()]).toEqual([
      413,
      '{"message":"Request Too Long"}',
    ]);
  });

  it("is a body whose event is above 6 MB, which Lambda would not take", async () => {
    const { url } = await start({ "POST /x": async () => ({ statusCode: 204 }) });
    const send = async (body: string | Uint8Array) =>
      (await fetch(`${url}/x`, { method: "POST", body })).status;
    const most = 6 * 1024 * 1024;
    expect(await send("x".repeat(most - 10_000))).toBe(204);
    expect(await send("x".repeat(most))).toBe(413);
    // A quote is two bytes in the event, and three bytes that are no text are four.
    expect(await send('"'.repeat(most / 2))).toBe(413);
    expect(await send(new Uint8Array((most * 3) / 4))).toBe(413);
  });

  it("is a body above 10 MB that asks before it comes", async () => {
    const { gateway } = await start({ "POST /x": echo });
    const head = "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n";
    const refused = await raw(gateway, [`${head}Content-Length: 10485761\r\n\r\n`], "Too Long");
    expect(refused).toMatch(/^HTTP\/1\.1 413 /);
    const taken = await raw(gateway, [`${head}Content-Length: 1\r\n\r\n`, "x"], "isBase64Encoded");
    expect(taken).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  });

  it.each([
    ["that is no HTTP", "what is this\r\n\r\n"],
    ["with a method that does not exist", "BREW /x HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["with a broken header", "GET /x HTTP/1.1\r\nHost: a\r\nA B: c\r\n\r\n"],
    ["with too long a path", `GET /${"x".repeat(11_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ["with too long a header", `GET /x HTTP/1.1\r\nA: ${"x".repeat(11_000)}\r\n\r\n`],
    [
      "with two lengths",
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    ],
    [
      "with a broken chunk",
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
  ])("is a request %s: 400 in the API's envelope", async (_, request) => {
    const { gateway } = await start({ "GET /x": echo, "POST /x": echo });
    const { status, headers, error } = refusalIn(await raw(gateway, [request]));
    expect([status, error["code"]]).toEqual(["400 Bad Request", "bad_request"]);
    expect(headers).toContain("content-type: application/json; charset=utf-8");
    expect(headers).toContain(`x-request-id: ${error["request_id"]}`);
  });

  it.each([
    ["a letter that is not encoded", "/x?name=Z\u00fcrich", "percent-encoded"],
    ["a space", "/x?name=a b", "percent-encoded"],
    ["a header that is none", "/x HTTP/1.1\r\nA B: c", "Invalid header token"],
  ])("is told what is wrong: %s", async (_, target, words) => {
    const { gateway } = await start({ "GET /x": echo });
    const { error } = refusalIn(await raw(gateway, [`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`]));
    expect(error["message"]).toContain(words);
  });

  it.each([
    ["expects what is unknown", "GET", "\r\n", ""],
    ["expects it with a body", "POST", "Content-Length: 2\r\n\r\n", "ab"],
    ["expects it with a broken body", "POST", "Transfer-Encoding: chunked\r\n\r\n", "zz\r\n"],
    ["expects it as HEAD", "HEAD", "\r\n", ""],
  ])("is a request that %s: one 400 in the API's envelope", async (_, method, head, body) => {
    const called: string[] = [];
    const handler: Handler = async () => ({ statusCode: 200, body: String(called.push("x")) });
    const { gateway } = await start({ "GET /x": handler, "POST /x": handler });
    const begin = `${method} /x HTTP/1.1\r\nHost: a\r\nExpect: foo\r\n${head}`;
    const answer = await raw(gateway, [begin, body]);
    const headers = answer.slice(0, answer.indexOf("\r\n\r\n")).toLowerCase();
    expect(headers).toMatch(/^http\/1\.1 400 bad request\r\n/);
    expect(headers).toContain("content-type: application/json; charset=utf-8");
    expect(headers).toContain("connection: close");
    expect(headers).toMatch(/x-request-id: req_\w{26}/);
    expect(called).toEqual([]);
    if (method === "HEAD") return expect(answer.slice(headers.length)).toBe("\r\n\r\n");
    const { error, rest } = refusalIn(answer);
    expect([error["code"], rest]).toEqual(["bad_request", ""]);
    expect(error["message"]).toContain("Expect");
    expect(headers).toContain(`x-request-id: ${error["request_id"]}`);
  });

  it("is a CONNECT: the API's 404", async () => {
    const { gateway } = await start({ "GET /x": echo });
    const connecting = "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n";
    const { status, headers, error } = refusalIn(await raw(gateway, [connecting]));
    expect([status, error["code"]]).toEqual(["404 Not Found", "not_found"]);
    expect(error["message"]).toBe(notFoundError().message);
    expect(headers).toContain("content-type: application/json; charset=utf-8");
    expect(headers).toContain(`x-request-id: ${error["request_id"]}`);
    expect(headers).toContain("connection: close");
  });

  it("is a CONNECT behind a request in work, whose answer it does not take", async () => {
    const released = Promise.withResolvers<void>();
    const { gateway } = await start({
      "GET /x": async () => {
        await released.promise;
        return { statusCode: 200, body: "slow" };
      },
    });
    const answer = raw(gateway, [
      "GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
      "CONNECT a:1 HTTP/1.1\r\n\r\n",
    ]);
    setTimeout(released.resolve, 50);
    expect(await answer).toMatch(/^HTTP\/1\.1 200 .*slow$/s);
  });

  it.each(["websocket", "h2c"])(
    "is no change of protocol: a GET that asks for %s is a GET",
    async (protocol) => {
      const { gateway } = await start({
        "GET /x": async () => ({ statusCode: 200, body: "plain" }),
      });
      const head = `GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: ${protocol}\r\n`;
      const first = await raw(gateway, [`${head}Connection: Upgrade\r\n\r\n`], "plain");
      expect(first).toMatch(/^HTTP\/1\.1 200 .*plain$/s);
    },
  );

  it.each([
    ["nothing was sent", ""],
    ["half of the headers was sent", "GET /x HTTP/1.1\r\nHost: a\r\n"],
    ["half of the body was sent", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"],
  ])("is closed in time when %s", async (_, part) => {
    const { gateway } = await start({ "POST /x": echo }, { arrivalTimeoutMs: 100 });
    const answer = await raw(gateway, [part]);
    if (part !== "") expect(answer).toMatch(/^HTTP\/1\.1 400 .*did not arrive whole in time/s);
  });

  it("does not take the answer from a request that is in work", async () => {
    const { gateway } = await start({
      "GET /x": async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return { statusCode: 200, body: "slow" };
      },
    });
    // In one piece: it is there before the function can end.
    const answer = await raw(gateway, ["GET /x HTTP/1.1\r\nHost: a\r\n\r\ngarbage\r\n\r\n"]);
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*slow$/s);
  });
});

describe("a request that came whole", () => {
  it("has its answer though more comes behind it than it announced", async () => {
    const called: unknown[] = [];
    const handler: Handler = async ({ body }) => ({
      statusCode: 200,
      body: `${called.push(body)}`,
    });
    const { gateway } = await start({ "POST /x": handler });
    const head = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2";
    // In one piece: the parser is at the rest before the function has begun.
    const answer = await raw(gateway, [`${head}\r\n\r\nab  and blanks`]);
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*connection: close.*\r\n\r\n1$/is);
    expect(called).toEqual(["ab"]);
  });

  it("has its answer though its client sends no more on that connection", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { gateway } = await start({
      "GET /x": async () => {
        await promise;
        return { statusCode: 200, body: "late" };
      },
    });
    const socket = connect(gateway.port, "127.0.0.1").setEncoding("utf8");
    socket.end("GET /x HTTP/1.1\r\nHost: a\r\n\r\n", () => setTimeout(resolve, 50));
    const parts: unknown[] = await socket.toArray();
    expect(parts.join("")).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nlate$/s);
  });
});

describe("the life of a gateway", () => {
  it("begins with 503 until it has routes", async () => {
    const gateway = await startGateway({ port: 0 });
    open.push(gateway);
    expect((await fetch(`http://127.0.0.1:${gateway.port}/x`)).status).toBe(503);
  });

  it("cannot begin on a port that is taken, and says so", async () => {
    const { gateway } = await start({});
    await expect(startGateway({ port: gateway.port })).rejects.toThrow(
      `Port ${gateway.port} is taken. Set PORT to another one, or to 0 for a free one.`,
    );
  });

  it("ends with the requests in work answered and no others taken", async () => {
    const started = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const { gateway, url } = await start({
      "GET /slow": async () => {
        started.resolve();
        await released.promise;
        return { statusCode: 200, body: "done" };
      },
    });
    const slow = fetch(`${url}/slow`);
    await started.promise;

    gateway.refuse();

    await expect(fetch(`${url}/slow`)).rejects.toThrow("fetch failed");
    released.resolve();
    const response = await slow;
    expect([response.headers.get("connection"), await response.text()]).toEqual(["close", "done"]);
    await gateway.idle();
    await gateway.close();
  });
});
