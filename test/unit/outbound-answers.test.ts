import { once } from "node:events";
import * as zlib from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { countCallsFor } from "#shared/outbound/call-slots";
import { createSafeFetch, type OutboundRequest } from "#shared/outbound/safe-fetch";
import { createWebFetch } from "#shared/outbound/safe-fetch-web";
import {
  type Answer,
  answers,
  type FakeBackend,
  startFakeBackend,
} from "#test/support/fake-backend";

const safeFetch = createSafeFetch({ allowPrivate: () => true });
const limits = { timeout_ms: 5_000, max_bytes: 100_000 };
let backend: FakeBackend;
beforeEach(async () => {
  backend = await startFakeBackend();
});
afterEach(() => backend.close());

const call = (more: Partial<OutboundRequest> = {}) =>
  safeFetch(backend.url, { method: "GET", headers: {}, ...limits, ...more });
const host = () => new URL(backend.url).host;
const fails = (code: string, message: string) => expect.objectContaining({ code, message });

const bytes =
  (body: Uint8Array, headers: Record<string, string>): Answer =>
  (_, response) =>
    void response.writeHead(200, headers).end(body);
const text = "Grüße an alle. ".repeat(500);

describe("a packed answer, though nobody asked for one", () => {
  it.each([
    ["gzip", zlib.gzipSync(text)],
    ["x-gzip", zlib.gzipSync(text)],
    ["GZIP", zlib.gzipSync(text)],
    ["deflate", zlib.deflateSync(text)],
    ["deflate", zlib.deflateRawSync(text)],
    ["br", zlib.brotliCompressSync(text)],
    ["zstd", zlib.zstdCompressSync(text)],
  ])("is unpacked (%s)", async (packing, body) => {
    backend.answer(bytes(body, { "content-encoding": packing, "x-mine": "1" }));
    const answer = await call();

    expect(answer.text()).toBe(text);
    expect(answer.headers).toMatchObject({ "x-mine": "1" });
    expect(answer.headers).not.toHaveProperty("content-encoding");
    expect(answer.headers).not.toHaveProperty("content-length");
  });

  it("is unpacked for libraries as well", async () => {
    const body = zlib.gzipSync('{"a":1}');
    backend.answer(bytes(body, { "content-encoding": "gzip", "content-type": "application/json" }));
    const response = await createWebFetch(safeFetch, limits)(backend.url);

    expect(await response.json()).toEqual({ a: 1 });
  });

  it.each([
    ["identity", text],
    ["none", text],
  ])("is left as it is when that is no packing (%s)", async (packing, body) => {
    backend.answer(bytes(Buffer.from(body), { "content-encoding": packing }));
    expect((await call()).text()).toBe(text);
  });

  it("may have no body", async () => {
    backend.answer(answers.status(204, { "content-encoding": "gzip" }));
    expect((await call()).body).toHaveLength(0);
  });

  it("may be cut off at its end", async () => {
    const body = zlib.gzipSync(text).subarray(0, -8);
    backend.answer(bytes(body, { "content-encoding": "gzip" }));
    expect((await call()).text()).toBe(text);
  });

  it("is bounded when it is unpacked", async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(50_000_000));
    backend.answer(bytes(bomb, { "content-encoding": "gzip" }));
    await expect(call()).rejects.toEqual(
      fails("too_large", `The answer of ${host()} is larger than 100000 bytes.`),
    );
  });

  it("is bounded before it is unpacked", async () => {
    // Members of nothing, of 20 bytes each.
    const empty = Buffer.concat(Array.from({ length: 10_000 }, () => zlib.gzipSync("")));
    backend.answer(bytes(empty, { "content-encoding": "gzip" }));
    await expect(call()).rejects.toEqual(
      fails("too_large", `The answer of ${host()} is larger than 100000 bytes.`),
    );
  });

  it("is said to be broken when it is", async () => {
    backend.answer(bytes(Buffer.from("plain"), { "content-encoding": "gzip" }));
    await expect(call()).rejects.toEqual(
      fails(
        "network",
        `The answer of ${host()} cannot be unpacked: it is not what its content-encoding (gzip) says.`,
      ),
    );
  });
});

describe("text", () => {
  it.each([
    ["application/json; charset=ISO-8859-1", "latin1"],
    ['text/plain;charset="windows-1252"', "latin1"],
    ["application/json", "utf8"],
    ["application/json; charset=utf-8", "utf8"],
    ["application/json; charset=klingon", "utf8"],
    ["text/plain; charset=utf-16le", "utf16le"],
  ] as const)("is read in the charset of %s", async (type, encoding) => {
    backend.answer(bytes(Buffer.from('"Grüße"', encoding), { "content-type": type }));
    expect((await call()).text()).toBe('"Grüße"');
    expect(await (await createWebFetch(safeFetch, limits)(backend.url)).json()).toBe("Grüße");
  });
});

describe("a call for which the status and the first bytes are enough", () => {
  const enough = { enough_bytes: 4, max_bytes: 10 };

  it("reads no more of a long answer", async () => {
    backend.answer(answers.endlessBody());
    const { status, body } = await call(enough);

    expect([status, Buffer.from(body).toString()]).toEqual([200, "xxxx"]);
  });

  it("is answered before a body that never ends", async () => {
    backend.answer((_, response) => void response.writeHead(201).write("ab"));
    const { status, text: read } = await call(enough);

    expect([status, read()]).toEqual([201, "ab"]);
  });

  it.each(["endAfterHeaders", "resetAfterHeaders"] as const)(
    "is answered though the body breaks off (%s)",
    async (kind) => {
      backend.answer(answers[kind]());
      expect((await call({ ...enough, enough_bytes: 50 })).status).toBe(200);
    },
  );

  it("is answered though the body cannot be unpacked", async () => {
    backend.answer(bytes(Buffer.from("plain"), { "content-encoding": "gzip" }));
    expect((await call(enough)).status).toBe(200);
  });

  it("reads a short answer whole, over a connection that is kept", async () => {
    backend.answer(answers.html("ok"));
    expect((await call(enough)).text()).toBe("ok");
    expect((await call(enough)).text()).toBe("ok");
    expect(backend.requests.map(({ connection }) => connection)).toEqual([1, 1]);
  });

  it("still fails without a status", async () => {
    backend.answer(answers.hang());
    await expect(call({ ...enough, timeout_ms: 100 })).rejects.toMatchObject({ code: "timeout" });
  });
});

describe("a body that is read while it comes", () => {
  it("is given out piece by piece, unpacked, and left when it is enough", async () => {
    const pieces: string[] = [];
    let ended: Promise<unknown> | undefined;
    backend.answer((_, response) => {
      ended = once(response, "close");
      const gzip = zlib.createGzip();
      response.writeHead(200, { "content-encoding": "gzip", "x-mine": "1" });
      gzip.pipe(response);
      gzip.write("one");
      gzip.flush();
    });
    const answer = await call({
      onData: (chunk, { status, headers }) => {
        pieces.push(`${status} ${headers["x-mine"]} ${Buffer.from(chunk).toString()}`);
        return "enough";
      },
    });
    await ended;

    expect(pieces).toEqual(["200 1 one"]);
    expect(answer.text()).toBe("one");
  });

  it("is bounded like every other", async () => {
    backend.answer(answers.endlessBody());
    await expect(call({ onData: () => {} })).rejects.toMatchObject({ code: "too_large" });
  });

  it.each(["identity", "gzip"])(
    "fails the call alone when whoever reads it throws (%s)",
    async (packing) => {
      backend.answer((_, response) => {
        response.writeHead(200, { "content-encoding": packing });
        response.end(packing === "gzip" ? zlib.gzipSync("one") : "one");
      });
      const onData = () => {
        throw new TypeError("It cannot be read.");
      };
      await expect(call({ onData })).rejects.toThrow("It cannot be read.");
    },
  );
});

describe("large answers of a team", () => {
  const mebibyte = 1_048_576;
  const large = { max_bytes: 8 * mebibyte, timeout_ms: 20_000 };
  const body = Buffer.alloc(8 * mebibyte, "x");
  /** Sends a part of the body, and the rest once it is let go on. */
  function inTwoParts(length: Record<string, number> = {}) {
    const parts: (() => void)[] = [];
    backend.answer((_, response) => {
      response.writeHead(200, length).write(body.subarray(0, mebibyte));
      parts.push(() => response.end(body.subarray(mebibyte)));
    });
    return parts;
  }
  /** Starts a call, and counts what of its answer is read. */
  function begin(of: string, more: Partial<OutboundRequest> = {}) {
    let read = 0;
    const seen = Promise.withResolvers<void>();
    const answer = countCallsFor(of, "chats", () =>
      call({
        ...large,
        onData: (chunk) => {
          read += chunk.length;
          if (read >= mebibyte) seen.resolve();
        },
        ...more,
      }),
    );
    return { answer, seen: seen.promise, read: () => read };
  }

  it.each([
    ["of a known length", { "content-length": body.length }],
    ["of an unknown length", {}],
  ])("are read four at once (%s), and another team's meanwhile", async (_, length) => {
    const parts = inTwoParts(length);
    const first = Array.from({ length: 4 }, () => begin("a"));
    await Promise.all(first.map(({ seen }) => seen));
    const fifth = begin("a");
    await backend.received(5);
    const other = begin("b");
    await other.seen;
    expect(fifth.read()).toBeLessThanOrEqual(262_144);

    // Whose it is depends on who came first.
    parts[0]?.();
    await Promise.any(first.map(({ answer }) => answer));
    await fifth.seen;
    for (const rest of parts.slice(1)) rest();
    const answers = await Promise.all([...first, fifth, other].map(({ answer }) => answer));
    expect(answers.map(({ body }) => body.length)).toEqual(Array(6).fill(body.length));
  });

  it("wait for each other while a small one is read, and no longer than anybody likes", async () => {
    const parts = inTwoParts();
    const first = Array.from({ length: 4 }, () => begin("a"));
    await Promise.all(first.map(({ seen }) => seen));
    const stopping = new AbortController();
    const stopped = begin("a", { signal: stopping.signal });
    await backend.received(5);
    stopping.abort();
    await expect(stopped.answer).rejects.toMatchObject({ code: "aborted" });
    backend.answer(bytes(body.subarray(0, 262_144), {}));
    expect((await begin("a").answer).body).toHaveLength(262_144);

    for (const rest of parts) rest();
    await Promise.all(first.map(({ answer }) => answer));
    backend.answer(bytes(body, {}));
    const next = await Promise.all(Array.from({ length: 4 }, () => begin("a").answer));
    expect(next.map(({ body }) => body.length)).toEqual(Array(4).fill(body.length));
  });

  it("come whole though they waited, packed or not", async () => {
    const packed = zlib.gzipSync(body);
    backend.answer((_, response) =>
      backend.requests.length % 2 === 0
        ? void response.end(body)
        : void response.writeHead(200, { "content-encoding": "gzip" }).end(packed),
    );
    const all = await Promise.all(Array.from({ length: 12 }, () => begin("a").answer));
    expect(all.every((answer) => body.equals(answer.body))).toBe(true);
  });

  it.each([
    ["only a beginning is kept", { kept_bytes: 10 }, 10],
    ["their caller has made sure of some", { has_room: true }, body.length],
  ])("take no room where %s", async (_, how, kept) => {
    const parts = inTwoParts();
    const all = Array.from({ length: 6 }, () => begin("a", how));
    await Promise.all(all.map(({ seen }) => seen));
    for (const rest of parts) rest();
    const answers = await Promise.all(all.map(({ answer }) => answer));
    expect(answers.map(({ body: read }) => body.subarray(0, kept).equals(read))).toEqual(
      Array(6).fill(true),
    );
  });
});

it("brings each cookie for itself", async () => {
  const cookies = ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"];
  backend.answer(answers.status(204, { "set-cookie": cookies }));

  expect((await call()).cookies).toEqual(cookies);
});
