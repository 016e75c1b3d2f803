import { once } from "node:events";
import * as http from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { exchange } from "#shared/outbound/exchange";
import { explained } from "#shared/outbound/explained-error";
import { OutboundError } from "#shared/outbound/outbound-error";
import { createSafeFetch, type OutboundRequest } from "#shared/outbound/safe-fetch";
import { answers, startFakeBackend, useFakeBackend } from "#test/support/fake-backend";
import { answerBegun, useHeldTime } from "#test/support/held-time";

const safeFetch = createSafeFetch({ allowPrivate: () => true });
const backend = useFakeBackend();

const call = (init: Partial<OutboundRequest> = {}, path = "/hook") =>
  safeFetch(backend.url + path, {
    method: "POST",
    headers: { "webhook-id": "msg_1" },
    body: '{"messages":[{"role":"user","content":"Hello!"}]}',
    timeout_ms: 5_000,
    max_bytes: 1_048_576,
    ...init,
  });
const host = () => new URL(backend.url).host;
const fails = (code: string, message: string) => expect.objectContaining({ code, message });

describe("a call that is answered", () => {
  it("brings status, headers and body", async () => {
    const answer = await call();

    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(answer.text()).toBe('{"content":"Hello!"}');
    expect(Buffer.from(answer.body).toString()).toBe('{"content":"Hello!"}');
  });

  it("sends method, path, headers and body as given", async () => {
    await call({ headers: { "X-Mine": "1" }, body: "Grüße 🤖" }, "/a%20b?c=d#e");

    expect(backend.requests[0]).toMatchObject({
      method: "POST",
      path: "/a%20b?c=d",
      body: "Grüße 🤖",
      headers: { "x-mine": "1", "content-length": "12", "accept-encoding": "identity" },
    });
  });

  it("sends bytes, and no body at all", async () => {
    await call({ body: Uint8Array.of(0x67, 0x75, 0x74) });
    await call({ method: "get", body: undefined });

    expect(backend.requests[0]).toMatchObject({ body: "gut" });
    expect(backend.requests[1]).toMatchObject({ method: "GET", body: "" });
    expect(backend.requests[1]?.headers).not.toHaveProperty("content-length");
  });

  it("says who calls and what is taken, unless that is given", async () => {
    await call();
    await call({ headers: { "User-Agent": "Mine/1", Accept: "text/html" } });

    expect(backend.requests.map(({ headers }) => [headers["user-agent"], headers.accept])).toEqual([
      ["ChatbotPlatform/1.0", "*/*"],
      ["Mine/1", "text/html"],
    ]);
  });

  it("lets nobody set the headers of the connection", async () => {
    const headers = {
      Host: "elsewhere.example",
      "Content-Length": "1",
      "Transfer-Encoding": "chunked",
      Connection: "close",
      "Accept-Encoding": "br",
      Expect: "100-continue",
    };
    await call({ headers: { "webhook-id": "msg_1", ...headers }, body: "four" });

    expect(backend.requests[0]?.body).toBe("four");
    expect(backend.requests[0]?.headers).toEqual({
      "webhook-id": "msg_1",
      host: host(),
      connection: "keep-alive",
      accept: "*/*",
      "accept-encoding": "identity",
      "content-length": "4",
      "user-agent": "ChatbotPlatform/1.0",
    });
  });

  it.each([400, 404, 410, 429, 500, 503])("brings the status %i as it is", async (status) => {
    backend.answer(answers.status(status, { "retry-after": "7" }));
    expect(await call()).toMatchObject({ status, headers: { "retry-after": "7" } });
  });

  it.each([301, 302, 303, 307, 308])("does not follow a redirect (%i)", async (status) => {
    const inside = await startFakeBackend();
    try {
      backend.answer(answers.redirect(`${inside.url}/secret`, status));
      expect(await call()).toMatchObject({
        status,
        headers: { location: `${inside.url}/secret` },
      });
      expect(inside.requests).toEqual([]);
    } finally {
      await inside.close();
    }
  });

  it("joins what a server says more than once", async () => {
    backend.answer(answers.status(204, { "set-cookie": ["a=1", "b=2"] }));
    expect((await call()).headers["set-cookie"]).toBe("a=1, b=2");
  });

  it("reads an answer in many pieces", async () => {
    const text = Array.from({ length: 40_000 }, (_, index) => index).join();
    backend.answer(answers.endlessBody(1, Buffer.from(text)));
    expect((await call()).text()).toBe(text);
    backend.answer(answers.slowBody({ text: "Grüße", every_ms: 1 }));
    expect((await call()).text()).toBe("Grüße");
  });

  it("reads an answer that ends with the connection", async () => {
    backend.answer(answers.raw("HTTP/1.1 200 OK\r\n\r\nall of it"));
    expect((await call()).text()).toBe("all of it");
  });

  it.each([
    ["its length says", "200 OK", 2, "ok"],
    ["its status can have", "204 No Content", 16, ""],
  ])("reads no more of an answer than %s, and is not put out by the rest", async (...given) => {
    const [, status, length, text] = given;
    const head = `HTTP/1.1 ${status}\r\ncontent-length: ${length}\r\n\r\n`;
    backend.answer(answers.raw(`${head}ok and fourteen more.`));
    expect((await call()).text()).toBe(text);
  });
});

describe("a call that finds no secure server", () => {
  const secure = async (answer: (socket: Socket) => void) => {
    const server = createServer((socket) => {
      socket.on("error", () => {}).once("data", () => answer(socket));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const init = { method: "GET", headers: {}, timeout_ms: 5_000, max_bytes: 1 };
    const at = `127.0.0.1:${port}`;
    const error: unknown = await safeFetch(`https://${at}/`, init).catch((error) => error);
    server.close();
    return error instanceof OutboundError ? explained(error).replace(at, "…") : error;
  };
  const alert = (description: number) => Uint8Array.of(21, 3, 3, 0, 2, 2, description);

  it.each<[string, (socket: Socket) => void, string]>([
    [
      "plain HTTP",
      (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
      "No secure connection to … could be made: what answers there does not speak TLS.",
    ],
    [
      "an older TLS",
      (socket) => socket.end(alert(70)),
      "No secure connection to … could be made: it has no TLS 1.2.",
    ],
    [
      "something else",
      (socket) => socket.end(alert(40)),
      "No secure connection to … could be made.",
    ],
    ["an end", (socket) => socket.end(), "… could not be reached: it did not go on with TLS."],
  ])("says that it found %s", async (_, answer, message) => {
    expect(await secure(answer)).toBe(message);
  });
});

describe("a call that brings no answer", () => {
  const within = { timeout_ms: 100 };
  const pass = useHeldTime();

  it("ends in time when the name is never resolved", async () => {
    const asked = Promise.withResolvers<void>();
    const stuck = createSafeFetch({
      allowPrivate: () => true,
      lookup: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    const init = { method: "GET", headers: {}, timeout_ms: 100, max_bytes: 1 };
    const answer = stuck("https://slow.example/", init);
    await asked.promise;
    pass(100);
    await expect(answer).rejects.toEqual(
      fails("timeout", "slow.example could not be reached within 0.1 seconds."),
    );
  });

  it("ends in time when no secure connection comes about", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const sockets: { destroy(): void }[] = [];
    silent.on("connection", (socket) => sockets.push(socket));
    try {
      const init = { method: "GET", headers: {}, timeout_ms: 100, max_bytes: 1 };
      const answer = safeFetch(`https://127.0.0.1:${port}/`, init);
      await once(silent, "connection");
      pass(100);
      await expect(answer).rejects.toEqual(
        fails("timeout", `127.0.0.1:${port} could not be reached within 0.1 seconds.`),
      );
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  it("ends in time when nothing is answered", async () => {
    backend.answer(answers.hang());
    const answer = call(within);
    await backend.received(1);
    pass(100);
    await expect(answer).rejects.toEqual(
      fails("timeout", `${host()} did not answer within 0.1 seconds.`),
    );
  });

  it("ends in time when the answer never ends", async () => {
    backend.answer(answers.slowBody({ text: "x".repeat(1_000), every_ms: 5 }));
    const begun = answerBegun();
    const answer = call(within);
    await begun;
    pass(100);
    await expect(answer).rejects.toEqual(
      fails("timeout", `${host()} did not finish its answer within 0.1 seconds.`),
    );
  });

  it("ends in time when there is no room for the answer", async () => {
    backend.answer((_, response) => void response.write("x".repeat(300_000)));
    const { hostname, port } = new URL(backend.url);
    const asked = Promise.withResolvers<void>();
    const takeRoom = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    const answer = exchange(
      {
        host: host(),
        options: { protocol: "http:", hostname, port, path: "/", method: "GET" },
        body: undefined,
        timeout_ms: 100,
        max_bytes: 1_048_576,
        enough_bytes: undefined,
        kept_bytes: undefined,
        has_room: undefined,
        onData: undefined,
        signal: undefined,
        anyAddress: true,
      },
      { takeRoom },
      new http.Agent(),
      100,
    );
    await asked.promise;
    pass(100);
    await expect(answer).rejects.toEqual(
      fails(
        "timeout",
        `The answer of ${host()} could not be read in time: other large answers are being read.`,
      ),
    );
  });

  it("stops reading an answer of 1 GB", async () => {
    const gigabyte = answers.endlessBody(1_073_741_824);
    const sent = new Promise<number>((resolve) => {
      backend.answer(async (request, response, alive) => {
        const { socket } = response;
        await gigabyte(request, response, alive);
        resolve(socket?.bytesWritten ?? 0);
      });
    });
    await expect(call()).rejects.toEqual(
      fails("too_large", `The answer of ${host()} is larger than 1 MiB.`),
    );
    // The rest is what the system's buffers hold.
    expect(await sent).toBeGreaterThan(1_048_576);
    expect(await sent).toBeLessThan(50 * 1_048_576);
  });

  it("reads exactly what is admitted", async () => {
    backend.answer(answers.html("x".repeat(10)));
    expect((await call({ max_bytes: 10 })).body).toHaveLength(10);
    await expect(call({ max_bytes: 9 })).rejects.toEqual(
      fails("too_large", `The answer of ${host()} is larger than 9 bytes.`),
    );
  });

  it.each([
    ["endBeforeHeaders", "closed the connection before it answered."],
    ["resetBeforeHeaders", "closed the connection before it answered."],
    ["endAfterHeaders", "closed the connection in the middle of its answer."],
    ["resetAfterHeaders", "closed the connection in the middle of its answer."],
  ] as const)("is a network error (%s)", async (kind, message) => {
    backend.answer(answers[kind]());
    await expect(call()).rejects.toEqual(fails("network", `${host()} ${message}`));
    expect(backend.requests).toHaveLength(1);
  });

  it("says of headers of more than 64 KiB that they are too long", async () => {
    const headers = (bytes: number) => `HTTP/1.1 200 OK\r\nx: ${"y".repeat(bytes)}\r\n\r\n`;
    backend.answer(answers.raw(headers(60_000)), answers.raw(headers(100_000)));
    expect((await call()).headers["x"]).toHaveLength(60_000);
    await expect(call()).rejects.toEqual(
      fails("too_large", `The headers of the answer of ${host()} are longer than 64 KiB.`),
    );
  });

  it.each([
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", "Expected HTTP/"],
    [
      "two lengths",
      "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
      "Duplicate Content-Length",
    ],
    [
      "a length of chunks",
      "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
      "Transfer-Encoding can't be present with Content-Length",
    ],
  ])("is a network error (%s) that says what is wrong", async (_, bytes, why) => {
    backend.answer(answers.raw(bytes));
    const error: unknown = await call().catch((error) => error);
    expect(error).toEqual(fails("network", `${host()} sent something that is not HTTP.`));
    const said = error instanceof OutboundError && explained(error);
    expect(said).toContain(`${host()} sent something that is not HTTP: ${why}`);
  });

  it("is a network error when the server goes over to another protocol", async () => {
    backend.answer((_, { socket }) => {
      socket?.write(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
      );
    });
    await expect(call()).rejects.toEqual(
      fails("network", `${host()} sent something that is not HTTP.`),
    );
  });

  it("says that nobody listens", async () => {
    const url = backend.url;
    await backend.close();
    const refused = safeFetch(url, { method: "GET", headers: {}, timeout_ms: 1e3, max_bytes: 1 });
    await expect(refused).rejects.toEqual(
      fails("network", `${new URL(url).host} refused the connection.`),
    );
  });

  it.each([
    [{ code: "ENOTFOUND" }, "No public address is known for gone.example."],
    [{ code: "EAI_AGAIN" }, "The address of gone.example could not be looked up."],
  ])("says that a name is not known (%j)", async (fields, message) => {
    const lookup = () => Promise.reject(Object.assign(new Error("inner"), fields));
    const unknown = createSafeFetch({ allowPrivate: () => false, lookup });
    const init = { method: "GET", headers: {}, timeout_ms: 1_000, max_bytes: 1 };
    await expect(unknown("https://gone.example/", init)).rejects.toEqual(fails("network", message));
  });

  it("takes a name without addresses for unknown", async () => {
    const empty = createSafeFetch({ allowPrivate: () => false, lookup: async () => [] });
    const init = { method: "GET", headers: {}, timeout_ms: 1_000, max_bytes: 1 };
    await expect(empty("https://gone.example/", init)).rejects.toEqual(
      fails("network", "No public address is known for gone.example."),
    );
  });

  it("ends when it is told to, before and during the call", async () => {
    backend.answer(answers.hang());
    const stopped = fails("aborted", `The call to ${host()} was stopped.`);
    await expect(call({ signal: AbortSignal.abort() })).rejects.toEqual(stopped);
    expect(backend.requests).toEqual([]);

    const controller = new AbortController();
    const running = call({ signal: controller.signal });
    await backend.received(1);
    controller.abort();
    await expect(running).rejects.toEqual(stopped);
  });

  it("refuses a header that would be two, and does not repeat its value", async () => {
    const injected = call({ headers: { authorization: "secret\r\nx-other: 1" } });
    await expect(injected).rejects.toEqual(
      fails("not_allowed", `The request to ${host()} has a header that cannot be sent.`),
    );
    expect(backend.requests).toEqual([]);
  });

  it.each(["ftp://127.0.0.1/", "http://me:secret@127.0.0.1/", "nonsense"])(
    "refuses %s",
    async (url) => {
      const init = { method: "GET", headers: {}, timeout_ms: 1_000, max_bytes: 1 };
      await expect(safeFetch(url, init)).rejects.toMatchObject({
        name: "OutboundError",
        code: "not_allowed",
        message: expect.not.stringContaining("secret"),
      });
    },
  );
});
