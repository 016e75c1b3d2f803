import { randomInt } from "node:crypto";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type FakeBackend, startFakeBackend } from "#test/support/fake-backend";
import {
  callApi,
  type LocalServer,
  makeTeam,
  newDataDir,
  startLocalServer,
} from "#test/support/local-server";

const kills = 50;
const clients = 6;
/** So many requests of the backend may come between a start and a kill, which are several of each client. */
const mostBetween = 30;
const errorMessage = "Out to lunch.";

let backend: FakeBackend;
let server: LocalServer;
/** Resolves when the next server stands in place of one that was killed. */
let isUp = Promise.resolve();
let key: string;
let channelId: string;
const dataDir = newDataDir();

beforeAll(async () => {
  backend = await startFakeBackend();
  ({ api_key: key } = await makeTeam(dataDir, "Acme", "enterprise"));
  // One that ends in order leaves what it has compiled to those that are killed.
  await (await startLocalServer({ dataDir })).stop();
  server = await startLocalServer({ dataDir });
  const settings = { error_message: errorMessage };
  const bot = await create("/v1/bots", { name: "Concierge", settings });
  await create(`/v1/bots/${bot}/integrations`, { name: "Backend", url: backend.url });
  channelId = await create(`/v1/bots/${bot}/channels`, { type: "web" });
});
afterAll(async () => {
  await server.stop("SIGKILL");
  await backend.close();
  rmSync(dirname(dataDir), { recursive: true, force: true });
});

const create = async (path: string, body: object): Promise<string> => {
  const { status, body: answer } = await callApi(server, key, "POST", path, body);
  expect(status).toBe(201);
  return String(answer.data["id"]);
};

interface ShownMessage {
  readonly id: string;
  readonly conversation_id: string;
  readonly role: string;
  readonly content: string;
  readonly metadata: { readonly failed?: true };
  readonly delivery: { readonly status: string } | null;
}

/** Sends a message again and again, with the same id, until it is acknowledged. */
async function send(user: string, text: string, wait = 0) {
  for (;;) {
    const path = `/v1/channels/${channelId}/messages?wait=${wait}`;
    const body = { user: { id: user }, message_id: text, content: text };
    try {
      const { status, body: answer } = await callApi(server, key, "POST", path, body);
      // What the reference promises, held by the tests of the route.
      if (status < 300) return answer.data as { message: ShownMessage; reply: ShownMessage | null };
      expect([429, 503]).toContain(status);
    } catch (error) {
      // Its process is gone. Errors of `fetch` are of another realm than this file's.
      expect(["TypeError", "SyntaxError"]).toContain((error as Error).name);
    }
    await isUp;
    await sleep(20);
  }
}

/** Kills the server and starts the next, at another address. */
async function killAndStart(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  isUp = promise;
  await server.stop("SIGKILL");
  server = await startLocalServer({ dataDir });
  resolve();
}

async function messagesOf(conversationId: string): Promise<ShownMessage[]> {
  const rows: ShownMessage[] = [];
  for (let page = 1; ; page++) {
    const path = `/v1/conversations/${conversationId}/messages?per_page=100&page=${page}`;
    const { body } = await callApi(server, key, "GET", path);
    const shown = body.data as unknown as ShownMessage[];
    rows.push(...shown);
    if (shown.length < 100) return rows;
  }
}

describe("npm start, killed again and again under load", () => {
  it("keeps every acknowledged message once and answers it once", async () => {
    const acknowledged = new Map<string, { text: string; id: string }[]>();
    let isOver = false;
    const client = async (user: string) => {
      for (let number = 1; !isOver; number++) {
        const text = `${user} says ${number}`;
        const { message } = await send(user, text);
        const told = acknowledged.get(message.conversation_id) ?? [];
        acknowledged.set(message.conversation_id, [...told, { text, id: message.id }]);
      }
    };
    const all = Array.from({ length: clients }, (_, index) => client(`user-${index}`));

    for (let kill = 0; kill < kills; kill++) {
      // Counted and not timed: however slow the machine, what is in work seldom dies five times.
      await backend.received(backend.requests.length + randomInt(mostBetween));
      await sleep(randomInt(20));
      await killAndStart();
    }
    isOver = true;
    await Promise.all(all);

    expect(acknowledged.size).toBe(clients);
    let count = 0;
    let givenUp = 0;
    for (const [conversationId, told] of acknowledged) {
      const last = told.at(-1)!;
      // Waits for the last reply, which is the last to be made.
      const { reply } = await send(last.text.split(" ")[0]!, last.text, 25);
      expect(reply).not.toBeNull();
      const rows = await messagesOf(conversationId);
      const said = rows.filter(({ role }) => role === "user");
      expect(said.map(({ content, id }) => ({ text: content, id }))).toEqual(told);
      const replies = rows.filter(({ role }) => role === "assistant");
      expect(replies).toHaveLength(told.length);
      for (const [index, { content, delivery, metadata }] of replies.entries()) {
        // Five deaths at one message are its failure: it might have been the cause.
        if (delivery?.status === "failed") givenUp++;
        expect([content, delivery?.status, metadata.failed]).toEqual(
          delivery?.status === "failed"
            ? [errorMessage, "failed", true]
            : [told[index]!.text, "sent", undefined],
        );
      }
      count += told.length;
    }
    expect(count).toBeGreaterThan(kills);
    const kept = [...acknowledged.values()].flat().map(({ id }) => id);
    const asked = backend.requests.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(kept).size).toBe(count);
    expect(kept).toEqual(expect.arrayContaining([...new Set(asked)]));
    expect(givenUp).toBeLessThan(count / 20);
  });
});
