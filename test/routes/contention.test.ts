import { describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { pauseFor, systemTimer } from "#shared/runtime/timers";
import { keys } from "#shared/table/keys";
import { allPages } from "#test/support/all-pages";
import { figuresOf, usageOf } from "#test/support/counted";
import { answers, startFakeBackend } from "#test/support/fake-backend";
import { addBackend } from "#test/support/integrations";
import { aBot, aLoop, anApiKey } from "#test/support/make";
import { type TestAnswer, usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

/** As in DynamoDB, each request in a process of its own. */
const platform = usePlatform({ transactionTime: () => pauseFor(systemTimer, 10) });

const atOnce = <T>(run: (index: number) => Promise<T>, many = 40) =>
  Promise.all(Array.from({ length: many }, (_, index) => run(index)));

/** Those that were done; all others must be told to come back. */
function done(answers: readonly TestAnswer[]): TestAnswer[] {
  const late = answers.filter(({ status }) => status >= 300);
  for (const answer of late) {
    expect(answer).toBeRefused(503, "service_unavailable");
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  }
  return answers.filter(({ status }) => status < 300);
}

async function settled() {
  for (let round = 0; round < 4; round++) {
    await platform.settle();
    platform.advance(31_000);
  }
}

const webhook = { name: "Backend", url: "https://backend.example.com/chat" };
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("Many at once, where transactions of one item conflict", () => {
  it("run a loop, and each that is answered with 201 is one execution", async () => {
    const { id: team, key } = await platform.team();
    const { id } = await aLoop(platform, key);
    const run = () => platform.call("runAgentLoop", { as: key, params: { id } });
    const ids = done(await atOnce(run)).map(({ body }) => body.data.id);
    await settled();
    const list = await allPages(platform, "listExecutions", { as: key, params: { id } });
    expect(list).toHaveLength(ids.length);
    expect(new Set(list.map((execution) => execution.id))).toEqual(new Set(ids));
    expect(new Set(list.map(({ status }) => status))).toEqual(new Set(["completed"]));
    const rows = await platform.table.batchGet(ids.map((one) => keys.execution(team, one)));
    expect(rows.map((row) => Number(row?.["number"])).toSorted((a, b) => a - b)).toEqual(
      upTo(ids.length),
    );
  });

  it("are all served when there are twenty of them", async () => {
    const chat = await openWebChat(platform);
    const { id } = await aLoop(platform, chat.key);
    const run = () => platform.call("runAgentLoop", { as: chat.key, params: { id } });
    expect(done(await atOnce(run, 20))).toHaveLength(20);
    expect(done(await atOnce((index) => chat.say(`Message ${index}`), 20))).toHaveLength(20);
    await settled();
  });

  it("write into a new chat, and each message that is answered with 201 is kept and replied to once", async () => {
    const chat = await openWebChat(platform);
    const answered = await atOnce((index) => chat.say(`Message ${index}`));
    const sent = done(answered);
    // On a busy machine a request's 29 s may be up: it is told that nobody knows.
    const unknown = answered.flatMap(({ status, body }, index) =>
      status === 503 && /may have been done or not/.test(body.error.message)
        ? [`Message ${index}`]
        : [],
    );
    await settled();
    const conversations = new Set(sent.map(({ body }) => body.data.message.conversation_id));
    expect(conversations.size).toBe(1);
    const [id] = [...conversations] as Id<"conv">[];
    const messages = await allPages(platform, "listMessages", {
      as: chat.key,
      params: { id: id! },
    });
    const said = (role: string) =>
      messages.filter((message) => message.role === role).map(({ content }) => content);
    const kept = said("user");
    expect(new Set(kept.filter((content) => !unknown.includes(content)))).toEqual(
      new Set(sent.map(({ body }) => body.data.message.content)),
    );
    expect(new Set(kept).size).toBe(kept.length);
    expect(said("assistant")).toEqual(kept);
    expect(messages).toHaveLength(2 * kept.length);
  });

  it("send one message, and it is kept once", async () => {
    const chat = await openWebChat(platform);
    const sent = done(await atOnce(() => chat.say("Hello!", { message_id: "m-1" })));
    expect(new Set(sent.map(({ body }) => body.data.message.id)).size).toBe(1);
    expect(sent.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  it("change a bot while others are made under it, and each change is one version", async () => {
    const { id: team, key } = await platform.team();
    const id = await aBot(platform, key);
    const version = async () => Number((await platform.table.get(keys.bot(team, id)))?.["version"]);
    const before = await version();
    const answers = await atOnce((index) =>
      index % 8 === 0
        ? platform.call("createIntegration", { as: key, params: { bot_id: id }, body: webhook })
        : platform.call("updateBot", { as: key, params: { id }, body: { name: `Bot ${index}` } }),
    );
    const made = done(answers);
    expect((await version()) - before).toBe(made.filter(({ status }) => status === 200).length);
    const list = await platform.call("listIntegrations", { as: key, params: { bot_id: id } });
    expect(list.body.meta.total).toBe(1 + made.filter(({ status }) => status === 201).length);
  });

  it("are answered in 50 conversations of one bot, and each message, failure and reply is counted once", async () => {
    const [backend, spare] = [await startFakeBackend(), await startFakeBackend()];
    try {
      const chat = await openWebChat(platform);
      const first = await addBackend(platform, chat, backend.url);
      const fallback = await addBackend(platform, chat, spare.url, { fallback: true });
      backend.answer((request, ...others) => {
        const fails = /Fail, please \d*[02468]"/.test(request.body);
        return (fails ? answers.status(500) : answers.echo())(request, ...others);
      });
      const sent = done(
        await atOnce((index) => chat.say(`Fail, please ${index}`, { user: `user-${index}` }), 50),
      );
      await settled();
      const list = { as: chat.key, params: { bot_id: chat.bot_id } };
      const found = await allPages(platform, "listConversations", list);
      expect(found.map(({ message_count }) => message_count)).toEqual(sent.map(() => 2));
      const about = ({ requests }: typeof backend) =>
        new Set(requests.map(({ headers }) => headers["webhook-id"])).size;
      const counted = await figuresOf(chat.team.id, chat.bot_id);
      const { [first]: ofFirst = {}, [fallback]: ofFallback = {}, ...ofOthers } = counted;
      const [asked, answered] = [about(backend), Number(ofFirst["replies"])];
      expect(ofFirst).toMatchObject({ asked_first: asked, failed_http_error: asked - answered });
      // Those that were not asked of the first had it skipped.
      const { asked_first = 0, fallbacks, replies } = ofFallback;
      expect([asked_first, fallbacks, replies, ofOthers]).toEqual([
        sent.length - asked,
        asked - answered,
        sent.length - answered,
        {},
      ]);
      const [usage, ...days] = Object.values(await usageOf(chat.team.id));
      expect([usage, days]).toEqual([{ messages: sent.length, replies: sent.length }, []]);
    } finally {
      await Promise.all([backend.close(), spare.close()]);
    }
  });

  it("begin chats in one channel, and all are counted", async () => {
    const chat = await openWebChat(platform);
    const begun = done(await atOnce((index) => chat.say("Hello!", { user: `user-${index}` })));
    const list = { as: chat.key, params: { bot_id: chat.bot_id } };
    expect((await platform.call("listConversations", list)).body.meta.total).toBe(begun.length);
  });

  it("delete the API keys that can make others, and one of them stays", async () => {
    const { key } = await platform.team();
    const own = String((await platform.call("getTeam", { as: key })).body.data.api_key.id);
    const made = [own];
    for (let count = 0; count < 8; count++) made.push((await anApiKey(platform, key)).id);
    const { key: as } = await anApiKey(platform, key, { expires_at: "2030-01-01T00:00:00Z" });
    const remove = (id: string) => platform.call("deleteApiKey", { as, params: { id } });
    const answers = await Promise.all(made.map(remove));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.every(({ status }) => status === 409 || status === 503)).toBe(true);
    const left = await platform.call("listApiKeys", { as });
    expect(left.body.meta.total).toBe(refused.length + 1);
    expect(refused.length).toBeGreaterThan(0);
  });

  it("rotate an API key that is in use, and its two last values work", async () => {
    const { key } = await platform.team();
    const { id } = await anApiKey(platform, key);
    const rotate = () =>
      platform.call("rotateApiKey", { as: key, params: { id }, body: { grace_seconds: 600 } });
    let last = await rotate();
    for (let round = 0; round < 5; round++) {
      const use = () => platform.call("getTeam", { as: last.body.data.key });
      const [rotated, ...used] = await Promise.all([rotate(), ...upTo(10).map(use)]);
      expect([rotated, ...used].map(({ status }) => status)).toEqual(Array(11).fill(200));
      last = rotated;
    }
    const values = done(await atOnce(rotate, 10)).map(({ body }) => String(body.data.key));
    const asked = await Promise.all(values.map((as) => platform.call("getTeam", { as })));
    const statuses = asked.map(({ status }) => status).toSorted((one, other) => one - other);
    expect(statuses).toEqual([200, 200, ...Array(values.length - 2).fill(401)]);
  });
});
