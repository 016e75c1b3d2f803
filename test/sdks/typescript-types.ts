// What lists, backends and clients of the TypeScript SDK promise beside the cases. Is given the SDK as `driver.ts` is.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { inspect } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

// Its types are read where its README is.
// oxlint-disable-next-line typescript/no-explicit-any
type Free = any;

const { ChatbotPlatform, toNodeHandler } = await import(process.argv[2] ?? "@chatbot-platform/sdk");
const [secret, key] = [`whsec_${btoa("a secret of 24 bytes. 1234")}`, "sk_live_of_the_types"];
const clientOf = (own: object): Free =>
  new ChatbotPlatform({ apiKey: key, webhookSecret: secret, maxRetries: 0, ...own });

/** Pages of one row each. */
const pages = (count: number) => async (url: string) => {
  const at = Number(new URL(url).searchParams.get("cursor") ?? 0);
  const next_cursor = at + 1 < count ? String(at + 1) : null;
  return Response.json({ data: [{ id: `bot_${at}` }], meta: { next_cursor } });
};

// A list holds no page that was read, however long it is.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const read: WeakRef<object>[] = [];
for await (const row of clientOf({ fetch: pages(10) }).bots.list()) {
  read.push(new WeakRef(row as object));
  await turn();
  collect();
}
assert.equal(read.length, 10);
// The first one is what the list has given, and the last one was just read.
assert.deepEqual(
  read.slice(1, -1).map((row) => row.deref()),
  Array.from({ length: 8 }, () => undefined),
);

// Nothing that is printed has a secret.
const client = clientOf({});
assert.doesNotMatch(inspect(client, { depth: 9, showHidden: true }), /whsec_|sk_live_/);

// Headers as servers hold them, those of several values too.
const body = '{"id":"evt_1","type":"webhook.test"}';
const signed = await client.webhooks.sign(body);
const lists = Object.entries(signed).map(([name, value]) => [name.toUpperCase(), [value]]);
assert.equal((await client.webhooks.unwrap(body, Object.fromEntries(lists))).id, "evt_1");

// Whatever fails beside the backend, it answers, and the process goes on.
const said: unknown[] = [];
// oxlint-disable-next-line no-console
console.error = (...what: unknown[]) => said.push(...what);
const fail = () => {
  throw new Error("It fails.");
};
for (const handler of [
  client.createBackend(secret, fail, { onError: fail }),
  client.createBackend(secret, fail, { onError: async () => fail() }),
  fail,
  async () => fail(),
  () => new Response(new ReadableStream({ pull: fail })),
]) {
  const server = createServer(toNodeHandler(handler)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signal = AbortSignal.timeout(10_000);
  const response = await fetch(url, { method: "POST", body, headers: signed, signal });
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { error: { message: "The backend failed." } });
  server.close();
}
assert.equal(said.length, 5);
