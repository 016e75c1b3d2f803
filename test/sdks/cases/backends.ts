import assert from "node:assert/strict";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, type Case, errorOf, valueOf } from "../bench.ts";
import { before, body, other, secret, signedBy } from "./signed.ts";

type Answering = (url: string) => Promise<void>;

/** Does something with a backend that answers so, and stops it. */
async function withBackend(bench: Bench, params: object, work: Answering): Promise<void> {
  const { url } = await valueOf(bench, { call: "backend.start", params: { secret, ...params } });
  try {
    await work(url);
  } finally {
    await valueOf(bench, { call: "backend.stop" });
  }
}

const reply = { content: "Good day, **Ada**. 🤝" };
const post = (url: string, headers: Record<string, string>, text = body) =>
  fetch(url, { method: "POST", body: text, headers });
const statusOf = async (url: string, headers: Record<string, string>, text?: string) =>
  (await post(url, headers, text)).status;

/** Writes to a server as nobody's client does. Gives all that it answers. */
async function speak(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // Who has hung up is not answered by every server.
  socket.write(text);
  return (await buffer(socket)).toString();
}

export const backends: readonly Case[] = [
  {
    title: "answers as a backend that the platform itself asks",
    run: async (bench) => {
      bench.proxy.plan();
      const { id: botId } = await valueOf(bench, {
        call: "bots.create",
        params: { name: "Of a backend" },
      });
      const backend = await valueOf(bench, {
        call: "integrations.create",
        args: [botId],
        params: { name: "Ours", url: "http://127.0.0.1:1/" },
      });
      const { id: channel } = await valueOf(bench, {
        call: "channels.create",
        args: [botId],
        params: { type: "web" },
      });
      const { url } = await valueOf(bench, {
        call: "backend.start",
        params: { secret: backend.signing_secret, reply },
      });
      try {
        await valueOf(bench, { call: "integrations.update", args: [backend.id], params: { url } });
        const params = { user: { id: "ada" }, content: "Hello!", wait: 20 };
        const sent = await valueOf(bench, {
          call: "channels.send_message",
          args: [channel],
          params,
        });
        assert.equal(sent.reply.content, reply.content);
        assert.equal(sent.reply.integration_id, backend.id);
      } finally {
        await valueOf(bench, { call: "backend.stop" });
      }
    },
  },
  {
    title: "refuses as a backend what nobody signed, what is too large and what is no JSON",
    run: (bench) =>
      withBackend(bench, { reply }, async (url) => {
        assert.equal(await statusOf(url, {}), 401);
        assert.equal(await statusOf(url, signedBy(other)), 401);
        for (const seconds of [305, -305]) {
          assert.equal(await statusOf(url, signedBy(secret, { at: before(seconds) })), 401);
        }
        assert.equal(await statusOf(url, signedBy(secret, { text: "no JSON" }), "no JSON"), 400);
        const sized = (bytes: number) => JSON.stringify({ text: "a".repeat(bytes - 11) });
        for (const [bytes, status] of [
          [1024 * 1024, 200],
          [1024 * 1024 + 1, 413],
        ] as const) {
          const text = sized(bytes);
          assert.equal(text.length, bytes);
          assert.equal(await statusOf(url, signedBy(secret, { text }), text), status);
        }
        const answered = await post(url, signedBy(secret));
        assert.equal(answered.status, 200);
        assert.deepEqual(await answered.json(), reply);
      }),
  },
  {
    title: "is no backend without a secret that is one",
    run: async (bench) => {
      for (const wrong of ["", "whsec_", "whsec_no*base64"]) {
        const error = await errorOf(bench, {
          call: "backend.start",
          params: { secret: wrong, reply },
        });
        assert.match(error.message, /secret/);
        assert.ok(!error.message.includes("no*base64"), error.message);
      }
    },
  },
  {
    title: "refuses GET and HEAD as a backend, the latter without a body",
    run: (bench) =>
      withBackend(bench, { reply }, async (url) => {
        assert.equal((await fetch(url)).status, 401);
        const head = "HEAD / HTTP/1.1\r\nHost: backend\r\nConnection: close\r\n\r\n";
        assert.match(await speak(url, head), /^HTTP\/1\.[01] 401 [^]*\r\n\r\n$/);
      }),
  },
  {
    title: "goes on as a backend after a request that was cut off",
    run: (bench) =>
      withBackend(bench, { reply }, async (url) => {
        const { hostname, port } = new URL(url);
        const socket = connect(Number(port), hostname);
        const head = "POST / HTTP/1.1\r\nHost: backend\r\nContent-Length: 1000\r\n\r\nhalf";
        await new Promise((done) => socket.write(head, done));
        // So that it has begun to read.
        await sleep(50);
        socket.destroy();
        assert.equal(await statusOf(url, signedBy(secret)), 200);
      }),
  },
  {
    title: "goes on as a backend after requests that are none of a client",
    run: (bench) =>
      withBackend(bench, { reply }, async (url) => {
        for (const line of ["POST // HTTP/1.1", "POST http://[ HTTP/1.1", "TRACE / HTTP/1.1"]) {
          const said = await speak(
            url,
            `${line}\r\nHost: backend\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
          );
          assert.doesNotMatch(said, /^HTTP\/1\.[01] 2/);
        }
        assert.equal(await statusOf(url, signedBy(secret)), 200);
      }),
  },
  ...[
    { what: "fails", params: { fails: true } },
    { what: "gives no reply", params: {} },
    { what: "replies with what is no JSON", params: { unsendable: true } },
  ].map(({ what, params }): Case => ({
    title: `answers 500 as a backend that ${what}, so that another may answer`,
    run: (bench) =>
      withBackend(bench, params, async (url) => {
        for (const _ of [1, 2]) {
          const response = await post(url, signedBy(secret));
          assert.equal(response.status, 500);
          // What failed inside is told to nobody.
          assert.deepEqual(await response.json(), { error: { message: "The backend failed." } });
        }
      }),
  })),
];
