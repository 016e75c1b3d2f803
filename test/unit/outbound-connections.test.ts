import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { createSafeFetch, type OutboundRequest } from "#shared/outbound/safe-fetch";
import { type Answer, answers, useFakeBackend } from "#test/support/fake-backend";
import { useHeldTime } from "#test/support/held-time";

const backend = useFakeBackend();
let call: (init?: Partial<OutboundRequest>) => Promise<number>;
beforeEach(() => {
  const safeFetch = createSafeFetch({ allowPrivate: () => true });
  call = async (init) => {
    const request = { method: "POST", headers: {}, timeout_ms: 5_000, max_bytes: 1_000 };
    return (await safeFetch(backend.url, { ...request, ...init })).status;
  };
});

const signed = { headers: { "Webhook-Id": "msg_1" }, body: "{}" };
const connections = () => backend.requests.map(({ connection }) => connection);
const ok = answers.json({ content: "Hi" });

describe("kept connections", () => {
  it.each([
    ["a GET", { method: "GET" }],
    ["a POST with a webhook-id", signed],
    ["a POST with an idempotency-key", { headers: { "idempotency-key": "1" } }],
  ])("carry %s, which may arrive twice", async (_, init) => {
    for (let n = 0; n < 3; n++) expect(await call(init)).toBe(200);
    expect(connections()).toEqual([1, 1, 1]);
  });

  it("carry no POST that must not arrive twice", async () => {
    for (let n = 0; n < 3; n++) expect(await call()).toBe(200);
    expect(connections()).toEqual([1, 2, 3]);
  });

  it("are given up when the server closes them", async () => {
    backend.answer(answers.status(200, { connection: "close" }), ok);
    expect([await call(signed), await call(signed)]).toEqual([200, 200]);
    expect(connections()).toEqual([1, 2]);
  });

  it("are given up after an answer that came before the request was read", async () => {
    const sockets: Socket[] = [];
    const impatient = createServer((socket) => {
      sockets.push(socket.on("error", () => {}));
      socket.once("data", () => {
        socket.pause().write("HTTP/1.1 413 Too Much\r\ncontent-length: 0\r\n\r\n");
      });
    });
    impatient.listen(0, "127.0.0.1");
    await once(impatient, "listening");
    const { port } = impatient.address() as AddressInfo;
    const body = "x".repeat(50_000_000);
    const safeFetch = createSafeFetch({ allowPrivate: () => true });
    const request = { ...signed, body, method: "POST", timeout_ms: 5_000, max_bytes: 1_000 };

    const { status } = await safeFetch(`http://127.0.0.1:${port}/`, request);
    const [socket] = sockets;
    await once(socket!.resume(), "close");
    impatient.close();

    expect(status).toBe(413);
    expect(socket!.bytesRead).toBeLessThan(body.length);
  });
});

describe("a kept connection that the server closed unseen", () => {
  it.each(["resetBeforeHeaders", "endBeforeHeaders"] as const)(
    "costs nobody an answer: the request is sent again, once, over a fresh one (%s)",
    async (kind) => {
      backend.answer(ok, answers[kind](), ok);
      await call(signed);

      expect(await call(signed)).toBe(200);

      expect(connections()).toEqual([1, 1, 2]);
      expect(backend.requests[2]?.headers["webhook-id"]).toBe("msg_1");
    },
  );

  it("is told apart from a server that fails each time", async () => {
    backend.answer(ok, answers.resetBeforeHeaders());
    await call(signed);

    await expect(call(signed)).rejects.toMatchObject({ code: "network" });

    expect(connections()).toEqual([1, 1, 2]);
  });

  it("is told apart from an answer that broke off", async () => {
    backend.answer(ok, answers.raw("HTTP/1.1 2"), ok);
    await call(signed);

    await expect(call(signed)).rejects.toMatchObject({ code: "network" });

    expect(connections()).toEqual([1, 1]);
  });
});

describe("a second try", () => {
  const pass = useHeldTime();

  it("has the time that the first has left", async () => {
    const lateReset: Answer = (...request) => {
      pass(400);
      return answers.resetBeforeHeaders()(...request);
    };
    backend.answer(ok, lateReset, answers.hang());
    await call(signed);

    const answer = call({ ...signed, timeout_ms: 500 });
    await backend.received(3);
    pass(100);
    await expect(answer).rejects.toMatchObject({
      code: "timeout",
      message: expect.stringContaining("did not answer within 0.5 seconds"),
    });
    expect(connections()).toEqual([1, 1, 2]);
  });
});

describe("a name with addresses of both families", () => {
  it("is reached by a slow way too: a first packet that was lost is waited for", async () => {
    // Takes no more connections than wait for it, until it may go on; others' first packets are dropped.
    const busy = `
      const { parentPort, workerData } = require("node:worker_threads");
      const server = require("node:http").createServer((_, response) => response.end("Hi"));
      server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
        parentPort.postMessage(server.address().port);
        Atomics.wait(workerData, 0, 0);
      });`;
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(busy, { eval: true, workerData: gate });
    const [port] = await once(worker, "message");
    const waiting = Array.from({ length: 8 }, () => connect(port, "127.0.0.1"));
    for (const socket of waiting) socket.on("error", () => {});
    await once(waiting[0]!, "connect");
    const safeFetch = createSafeFetch({
      allowPrivate: () => true,
      lookup: async () => {
        setTimeout(() => {
          Atomics.store(gate, 0, 1);
          Atomics.notify(gate, 0);
        }, 100);
        // As where a machine has no IPv6: there nobody listens.
        return [
          { address: "127.0.0.1", family: 4 },
          { address: "::1", family: 6 },
        ];
      },
    });
    try {
      const request = { method: "POST", headers: {}, timeout_ms: 10_000, max_bytes: 1_000 };
      const answer = await safeFetch(`http://far.example:${port}/`, request);
      expect(answer.text()).toBe("Hi");
    } finally {
      for (const socket of waiting) socket.destroy();
      await worker.terminate();
    }
  });
});
