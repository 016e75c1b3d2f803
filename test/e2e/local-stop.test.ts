import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "@jest/globals";
import { answers, type FakeBackend, held, startFakeBackend } from "#test/support/fake-backend";
import {
  callApi,
  type LocalServer,
  makeTeam,
  newDataDir,
  startLocalServer,
} from "#test/support/local-server";

const cleanUps: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(dataDir: string): Promise<LocalServer> {
  const server = await startLocalServer({ dataDir });
  cleanUps.push(() => server.stop("SIGKILL"));
  return server;
}

/** A server with a team and a web channel, whose bot asks a backend of ours. */
async function setUp() {
  const dataDir = newDataDir();
  cleanUps.push(() => rmSync(dirname(dataDir), { recursive: true, force: true }));
  const backend: FakeBackend = await startFakeBackend();
  cleanUps.push(() => backend.close());
  const { api_key } = await makeTeam(dataDir, "Acme", "enterprise");
  const server = await start(dataDir);
  const call = async (at: LocalServer, method: string, path: string, body?: unknown) => {
    const answer = await callApi(at, api_key, method, path, body);
    expect(answer.status).toBeLessThan(300);
    return answer.body.data;
  };
  const bot = await call(server, "POST", "/v1/bots", { name: "Bot" });
  const botPath = `/v1/bots/${String(bot["id"])}`;
  await call(server, "POST", `${botPath}/integrations`, { name: "Mine", url: backend.url });
  const channel = await call(server, "POST", `${botPath}/channels`, { type: "web" });
  const say = (at: LocalServer, content: string, wait: number) =>
    call(at, "POST", `/v1/channels/${String(channel["id"])}/messages?wait=${wait}`, {
      user: { id: "ada" },
      message_id: content,
      content,
    });
  /** Says it again, with the same id, until it is answered. */
  const answered = async (at: LocalServer, content: string) => {
    for (;;) {
      const answer = await say(at, content, 25);
      if (answer["reply"] !== null) return answer;
    }
  };
  return { dataDir, server, backend, say, answered };
}

/** Until a server has begun to stop. */
async function toStop(server: LocalServer) {
  while (!server.output().includes("Ctrl+C again stops at once.")) await sleep(20);
}

describe("an orderly stop", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("ends an idle server at once: %s", async (signal) => {
    const { server } = await setUp();
    const { code, ms, stderr } = await server.stop(signal);
    expect([code, stderr]).toEqual([0, ""]);
    // Not after the 8 s that what is in work has.
    expect(ms).toBeLessThan(7_900);
  });

  // One waits for 8 s, in which the others go on.
  it.concurrent("lets a request that is in work have its reply", async () => {
    const { server, backend, say } = await setUp();
    const late = held(answers.echo());
    backend.answer(late.answer);
    const answer = say(server, "Wait for me", 20);
    await backend.received(1);
    const ended = server.stop();
    await toStop(server);
    late.release();
    expect(await answer).toMatchObject({ reply: { content: "Wait for me" } });
    expect((await ended).code).toBe(0);
  });

  it.concurrent(
    "answers a wait without a reply after 8 s, and the next start answers the message",
    async () => {
      const { dataDir, server, backend, say, answered } = await setUp();
      backend.answer(answers.hang());
      const answer = say(server, "Are you there?", 25);
      await backend.received(1);

      const { code, ms, stdout } = await server.stop();

      expect(await answer).toMatchObject({ reply: null });
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /What is in work may end, for up to 8 s\. Ctrl\+C again stops at once\.\n$/,
      );
      expect(ms).toBeGreaterThan(7_900);
      // Not when the wait ends by itself.
      expect(ms).toBeLessThan(20_000);
      backend.answer(answers.json({ content: "Yes!" }));
      const next = await start(dataDir);
      // The same message again: kept once, and answered once.
      expect(await answered(next, "Are you there?")).toMatchObject({ reply: { content: "Yes!" } });
      expect(backend.requests).toHaveLength(2);
    },
  );

  it.concurrent("is cut short by a second signal", async () => {
    const { server, backend, say } = await setUp();
    backend.answer(answers.hang());
    const answer = say(server, "Hurry", 25).catch(() => "cut off");
    await backend.received(1);
    server.signal("SIGTERM");
    await toStop(server);
    // What ends by itself ends with 0.
    const { code } = await server.stop("SIGTERM");
    expect(code).toBe(1);
    expect(await answer).toBe("cut off");
  });
});

describe("a kill", () => {
  it("loses nothing that was acknowledged, and doubles nothing", async () => {
    const { dataDir, server, backend, say, answered } = await setUp();
    backend.answer(answers.hang());
    await say(server, "Remember me", 0);
    await backend.received(1);
    await server.stop("SIGKILL");

    backend.answer(answers.json({ content: "I do." }));
    const next = await start(dataDir);

    expect(await answered(next, "Remember me")).toMatchObject({ reply: { content: "I do." } });
    expect(backend.requests).toHaveLength(2);
  });
});
