import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type FakeBackend, startFakeBackend } from "#test/support/fake-backend";
import {
  callApi,
  type LocalServer,
  type MadeTeam,
  makeTeam,
  newDataDir,
  startLocalServer,
} from "#test/support/local-server";

const kills = Number(process.env["KILLS"] ?? 6);
const clientsPerTeam = 3;
const seed = Number(process.env["SEED"] ?? 1);

/** A number between 0 and 1, the same sequence for the same seed (mulberry32). */
function seededRandom(from: number) {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Talker extends MadeTeam {
  readonly channelId: string;
  readonly user: string;
  /** What was acknowledged, in order. */
  readonly said: string[];
  conversationId: string;
}

const dataDir = newDataDir();
let backend: FakeBackend;
let server: LocalServer;
let over = false;
/** Resolves when the next server stands in place of one that was killed. */
let isUp = Promise.resolve();

beforeAll(async () => {
  backend = await startFakeBackend();
});
afterAll(async () => {
  await backend.close();
  // Undefined when it never started.
  await (server as LocalServer | undefined)?.stop("SIGKILL");
  rmSync(dirname(dataDir), { recursive: true, force: true });
});

async function makeTalkers(name: string): Promise<Talker[]> {
  const team = await makeTeam(dataDir, name, "enterprise");
  const post = async (path: string, body: unknown) => {
    const answer = await callApi(server, team.api_key, "POST", path, body);
    expect(answer.status).toBe(201);
    return String(answer.body.data["id"]);
  };
  const bot = await post("/v1/bots", { name });
  await post(`/v1/bots/${bot}/integrations`, { name: "Mine", url: backend.url });
  const channelId = await post(`/v1/bots/${bot}/channels`, { type: "web" });
  return Array.from({ length: clientsPerTeam }, (_, index) => ({
    ...team,
    channelId,
    user: `${name}-${index}`,
    said: [],
    conversationId: "",
  }));
}

/** Says one thing after the other, each until it is acknowledged. */
async function talk(talker: Talker) {
  for (let number = 1; !over; number++) {
    const content = `${talker.user} says ${number}`;
    const path = `/v1/channels/${talker.channelId}/messages?wait=5`;
    const body = { user: { id: talker.user }, message_id: content, content };
    for (;;) {
      const answer = await callApi(server, talker.api_key, "POST", path, body).catch(() => null);
      if (answer && answer.status < 300) {
        const message = answer.body.data["message"] as { conversation_id: string };
        talker.conversationId = message.conversation_id;
        break;
      }
      // Cut off, not there yet, or busy: nothing is known, so it is said again.
      await isUp;
      await sleep(20);
      if (over) return;
    }
    talker.said.push(content);
  }
}

/** All messages of a talker's conversation, as `role: content`. */
async function heard({ api_key, conversationId }: Talker): Promise<string[]> {
  const lines: string[] = [];
  for (let page = 1; ; page++) {
    const path = `/v1/conversations/${conversationId}/messages?per_page=100&page=${page}`;
    const { status, body } = await callApi(server, api_key, "GET", path);
    expect(status).toBe(200);
    const rows = body.data as unknown as { role: string; content: string }[];
    lines.push(...rows.map(({ role, content }) => `${role}: ${content}`));
    if (rows.length < 100) return lines;
  }
}

describe("kill -9 under load", () => {
  it(`keeps what was acknowledged once and answers it once (${kills} kills, seed ${seed})`, async () => {
    const random = seededRandom(seed);
    server = await startLocalServer({ dataDir });
    const talkers = (await Promise.all(["a", "b", "c"].map(makeTalkers))).flat();
    const talks = talkers.map(talk);
    for (let kill = 0; kill < kills; kill++) {
      // Counted and not timed, so that a slow machine has done as much.
      await backend.received(backend.requests.length + Math.floor(random() * 60));
      await sleep(random() * 20);
      const { promise, resolve } = Promise.withResolvers<void>();
      isUp = promise;
      await server.stop("SIGKILL");
      server = await startLocalServer({ dataDir });
      resolve();
    }
    await backend.received(backend.requests.length + 20);
    over = true;
    await Promise.all(talks);

    for (const talker of talkers) {
      const answered = () => heard(talker).then((lines) => lines.length >= 2 * talker.said.length);
      for (let tries = 0; tries < 300 && !(await answered()); tries++) await sleep(100);
      const lines = await heard(talker);
      const acknowledged = new Set(talker.said);
      // The last one may have been kept without an answer that said so.
      const told = lines.filter((line) => acknowledged.has(line.replace(/^\w+: /, "")));
      expect(told.filter((line) => line.startsWith("user: "))).toEqual(
        talker.said.map((content) => `user: ${content}`),
      );
      expect(told.filter((line) => line.startsWith("assistant: "))).toEqual(
        talker.said.map((content) => `assistant: ${content}`),
      );
    }
    const total = talkers.reduce((sum, { said }) => sum + said.length, 0);
    expect(total).toBeGreaterThan(kills * 3);
  });
});
