import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { inMemory } from "#lib/local/data-folder";
import { type LocalPlatform, startPlatform } from "#lib/local/platform";
import { createMint } from "#shared/runtime/mint";
import { liveTable } from "#shared/table/live-table";
import { createTeam } from "#shared/teams/create-team";
import { createTeamStore } from "#shared/teams/team-store";
import { answers, type FakeBackend, startFakeBackend } from "#test/support/fake-backend";
import { useHeldTime } from "#test/support/held-time";
import { callApi } from "#test/support/local-server";
import { withLog } from "#test/support/log-lines";

let platform: LocalPlatform;
let backend: FakeBackend;
let say: (content: string) => Promise<Record<string, unknown>>;
beforeAll(async () => {
  backend = await startFakeBackend();
  platform = await startPlatform({ port: 0, dataDir: inMemory });
  const teams = createTeamStore(liveTable());
  const input = { name: "Acme", plan: "enterprise" as const };
  const { api_key } = await createTeam({ teams }, input, createMint(Date.now()));
  const call = async (method: string, path: string, body?: unknown) =>
    (await callApi(platform, api_key, method, path, body)).body.data;
  const { id: botId } = await call("POST", "/v1/bots", { name: "Bot" });
  const integrations = await call("GET", `/v1/bots/${String(botId)}/integrations`);
  const [echo] = integrations as unknown as { id: string }[];
  await call("DELETE", `/v1/integrations/${echo!.id}`);
  const newIntegration = { name: "Backend", url: backend.url };
  await call("POST", `/v1/bots/${String(botId)}/integrations`, newIntegration);
  const { id } = await call("POST", `/v1/bots/${String(botId)}/channels`, { type: "web" });
  say = (content) =>
    call("POST", `/v1/channels/${String(id)}/messages?wait=20`, { user: { id: "ada" }, content });
});
afterAll(async () => {
  await (platform as LocalPlatform | undefined)?.stop();
  await backend.close();
});

describe("?wait beside the worker, in one process", () => {
  const pass = useHeldTime();

  const answerAfter = (ms: number) =>
    backend.answer(async (...asked) => {
      for (let passed = 0; passed < ms; passed += 50) {
        pass(50);
        for (let turns = 0; turns < 10; turns++) await turn();
      }
      await answers.json({ content: "At ten." })(...asked);
    });
  // Admission, what there is, who is to be told, the head of the conversation, the transaction, the queue.
  const callsBefore = 6;

  it("looks once, for message and reply together, however long the backend takes", async () => {
    // The first also begins the conversation.
    await say("Hello!");
    answerAfter(900);
    const { result, lines } = await withLog(() => say("When do you open?"));
    expect(result).toMatchObject({ reply: { content: "At ten." } });
    const calls = callsBefore + 1;
    expect(lines.find(({ route }) => route === "sendMessage")).toMatchObject({ calls });
  });

  it("looks after a second and then each five, for accidents, while a lease lasts a minute", async () => {
    await say("Hello!");
    answerAfter(18_500);
    const { result, lines } = await withLog(() => say("When do you open?"));
    expect(result).toMatchObject({ reply: { content: "At ten." } });
    const calls = callsBefore + 4 + 1;
    expect(lines.find(({ route }) => route === "sendMessage")).toMatchObject({ calls });
    // Its message is hidden as it is claimed; nothing is renewed.
    expect(lines.find(({ worker }) => worker === "inbound")).toMatchObject({ queue_calls: 1 });
  });
});
