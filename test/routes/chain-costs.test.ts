import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { prefixes } from "#shared/table/keys";
import { answers, held, startFakeBackend } from "#test/support/fake-backend";
import { costOf, withLog } from "#test/support/log-lines";
import { created } from "#test/support/make";
import { type TestRequest, usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

// Each message asks once who is to be told of it: a call and a read unit.
const words = "x".repeat(300);

const platform = usePlatform();
let chat: WebChat;
let conversation: string;
let integration: string;
beforeAll(async () => {
  // Sizes as the data model assumes them: a bot of 2 KB, messages of 0.7 KB.
  chat = await openWebChat(platform, { bot: { settings: { system_prompt: "x".repeat(1_500) } } });
  conversation = await chat.talk(words);
  for (const user of ["bob", "eve", "joe", "kim"]) await chat.talk(words, { user });
  await chat.talk(words);
  const request = { as: chat.key, params: { bot_id: chat.bot_id } };
  integration = await created(platform, "createIntegration", {
    ...request,
    body: { name: "Echo", type: "echo" },
  });
});

/** What something costs with all that workers do after it; time goes on, as it does between requests. */
async function costing(run: () => Promise<{ status: number; text: string }>) {
  platform.advance(1_000);
  const { result, lines } = await withLog(async () => {
    const answer = await run();
    await platform.settle();
    return answer;
  });
  if (result.status >= 300) throw new Error(result.text);
  return costOf(lines);
}
const request = (operationId: string, more: TestRequest = {}) =>
  costing(() => platform.call(operationId, { as: chat.key, ...more }));

type Cost = Awaited<ReturnType<typeof costing>>;

function expectAtMost(cost: Cost, { calls, reads, writes }: Cost): void {
  expect(cost.calls).toBeLessThanOrEqual(calls);
  expect(cost.reads).toBeLessThanOrEqual(reads);
  expect(cost.writes).toBeLessThanOrEqual(writes);
}

describe("Every operation costs what the data model says", () => {
  it("reading one resource costs a write unit for the key, and a read unit for each row that must be there", async () => {
    // The team and the key that asks.
    expect(await request("getTeam")).toEqual({ calls: 3, reads: 2, writes: 1 });
    const bot = { params: { id: chat.bot_id } };
    expect(await request("getBot", bot)).toEqual({ calls: 2, reads: 1, writes: 1 });
    // The bot of a channel never changes and is remembered; its newest conversation says when a user last wrote.
    const channel = { params: { id: chat.channel_id } };
    expect(await request("getChannel", channel)).toEqual({ calls: 3, reads: 2.5, writes: 1 });
    expectAtMost(await request("getIntegration", { params: { id: integration } }), {
      calls: 3,
      reads: 3,
      writes: 1,
    });
    // From then on its address is remembered.
    expectAtMost(await request("getIntegration", { params: { id: integration } }), {
      calls: 2,
      reads: 2,
      writes: 1,
    });
    expect(await request("getConversation", { params: { id: conversation } })).toEqual({
      calls: 3,
      reads: 3,
      writes: 1,
    });
  });

  it("listing five rows costs a few units, whatever the rows hold", async () => {
    for (let count = 0; count < 4; count++) {
      const body = { name: "A", settings: { system_prompt: "x".repeat(1_500) } };
      await platform.call("createBot", { as: chat.key, body });
    }
    expectAtMost(await request("listBots"), { calls: 2, reads: 3, writes: 1 });
    const query = { per_page: 5 };
    const messages = { params: { id: conversation }, query };
    expectAtMost(await request("listMessages", messages), { calls: 4, reads: 4, writes: 1 });
    const conversations = { params: { bot_id: chat.bot_id }, query };
    expectAtMost(await request("listConversations", conversations), {
      calls: 5,
      reads: 3.5,
      writes: 1,
    });
    for (let count = 0; count < 2; count++) {
      await openWebChat(platform, { team: chat.team, bot_id: chat.bot_id });
    }
    expectAtMost(await request("listConversations", conversations), {
      calls: 7,
      reads: 5.5,
      writes: 1,
    });
  });

  it("creating a bot, a channel or an integration costs little, also under an Idempotency-Key", async () => {
    // Two of the writes are the audit entry.
    const limits = { calls: 4, reads: 2, writes: 13 };
    const { key: as, bot_id } = await openWebChat(platform);
    const params = { bot_id };
    const body = { name: "A", settings: { system_prompt: "x".repeat(1_500) } };
    const plain = await request("createBot", { as, body });
    expectAtMost(plain, limits);
    expectAtMost(await request("createChannel", { as, params, body: { type: "web" } }), limits);
    expectAtMost(
      await request("createIntegration", { as, params, body: { name: "B", type: "echo" } }),
      limits,
    );
    const headers = { "idempotency-key": "once" };
    const kept = await request("createBot", { as, body, headers });
    expect(kept.reads).toBe(plain.reads);
    expect(kept.writes - plain.writes).toBeGreaterThanOrEqual(2);
    expect(kept.writes - plain.writes).toBeLessThanOrEqual(3);
    expect(await request("createBot", { as, body, headers })).toMatchObject({
      reads: 0,
      writes: 1,
    });
  });

  it("a web message and its reply cost at most 28 write units, 12 read units and 12 calls", async () => {
    const limits = { calls: 12, reads: 12, writes: 28 };
    const first = await costing(() => chat.say(words, { user: "new" }));
    expectAtMost(first, { ...limits, writes: limits.writes + 6 });
    // Until the history that the backend gets is full.
    for (let count = 0; count < 12; count++) {
      expectAtMost(await costing(() => chat.say(words, { user: "new" })), limits);
    }
    const named = await costing(() => chat.say(words, { user: "new", message_id: "m-1" }));
    expectAtMost(named, limits);
  });

  it("a turn of three messages costs at most 51 write units, 25 read units and 28 calls", async () => {
    const { say } = await openWebChat(platform, {
      bot: { settings: { system_prompt: "x".repeat(1_500), conversation: { collect_ms: 500 } } },
    });
    const turnOf = (count: number) =>
      costing(async () => {
        for (let said = 1; said < count; said++) await say(words);
        const last = await say(words);
        platform.advance(1_000);
        return last;
      });
    await turnOf(1);
    for (let turn = 0; turn < 4; turn++) {
      expectAtMost(await turnOf(3), { calls: 28, reads: 25, writes: 51 });
    }
  });

  it("waiting for a reply costs a look at the message and its reply, and no write", async () => {
    const plain = await costing(() => chat.say(words, { user: "patient" }));
    const waited = await costing(() => chat.say(words, { user: "impatient", wait: 25 }));
    const looks = waited.calls - plain.calls;
    expect(looks).toBeGreaterThan(0);
    expectAtMost(waited, { ...plain, calls: waited.calls, reads: plain.reads + 2 * looks });
  });

  it("waiting longer than a second costs a place: at most a read unit, and two write units", async () => {
    const backend = await startFakeBackend();
    const slow = await openWebChat(platform, { team: chat.team, backend_url: backend.url });
    await slow.talk(words);
    const { pk, prefix } = prefixes.places("waits");
    const placesTaken = async () =>
      (await platform.table.queryAll({ pk, where: { begins: prefix } })).length;
    const routeAlone = async (wait: number) => {
      platform.advance(1_000);
      const late = held(answers.echo());
      backend.answer(late.answer);
      const before = backend.requests.length;
      const { lines } = await withLog(async () => {
        const sent = slow.say(words, { wait });
        await backend.received(before + 1);
        platform.advance(1_000);
        while (wait > 0 && (await placesTaken()) === 0) await sleep(5);
        late.release();
        await sent;
        await platform.settle();
      });
      return costOf(lines.filter(({ route }) => route === "sendMessage"));
    };
    const plain = await routeAlone(0);
    const waited = await routeAlone(25);
    expect(waited.writes - plain.writes).toBe(2);
    const ofPlace = 3;
    const looks = waited.calls - plain.calls - ofPlace;
    expect(looks).toBeGreaterThan(0);
    expect(waited.reads - plain.reads).toBeLessThanOrEqual(2 * looks + 1);
    await backend.close();
  });

  it("a repeat of a message costs no write but the key's", async () => {
    await chat.say(words, { message_id: "m-2", wait: 25 });
    const cost = await costing(() => chat.say(words, { message_id: "m-2" }));
    expectAtMost(cost, { calls: 5, reads: 9, writes: 1 });
  });

  it("a message that nobody answers costs half", async () => {
    const quiet = await openWebChat(platform, { bot: { status: "paused" } });
    await quiet.say("Hello!");
    expectAtMost(await costing(() => quiet.say("Hello!")), { calls: 5, reads: 6, writes: 11 });
  });
});
