import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { heldPlaces, takePlaces } from "#test/support/held-places";
import { withLog } from "#test/support/log-lines";
import { type TestAnswer, usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

// Of 64 functions slow work has 48; of these a team has 16, and one bot of it 12.
const [functions, all, ofBot] = [64, 48, 12];
const platform = usePlatform({ functions });
const backend = useFakeBackend();

let late: ReturnType<typeof held>;
let chat: WebChat;
beforeEach(async () => {
  late = held(answers.json({ content: "At last." }));
  backend.answer(late.answer);
  chat = await slowChat();
});

const slowChat = () => openWebChat(platform, { backend_url: backend.url });

/** Messages of as many users, each with a `?wait`, whose backend has been asked: so far nobody is answered. */
async function waiting({ say }: WebChat, count: number, name = "user") {
  const before = backend.requests.length;
  const answered: TestAnswer[] = [];
  const sent = Array.from({ length: count }, async (_, number) => {
    const answer = await say("Hello?", { user: `${name}-${number}`, wait: 25 });
    answered.push(answer);
    return answer;
  });
  await backend.received(before + count);
  expect(answered).toEqual([]);
  return { all: Promise.all(sent), answered };
}

const takeSeconds = () => platform.advance(1_000);

/** Lets the backend answer; work that was turned away is tried again after some seconds. */
async function answerAll<T>(sent: Promise<T>): Promise<T> {
  late.release();
  const isOver = sent.then(() => true);
  do takeSeconds();
  while (!(await Promise.race([isOver, sleep(500, false)])));
  return sent;
}

async function until(isSo: () => boolean | Promise<boolean>) {
  while (!(await isSo())) await sleep(5);
}

const holders = () => heldPlaces(platform);

const repliesOf = (sent: readonly TestAnswer[]) =>
  sent.map(({ status, body }) => {
    expect(status).toBe(201);
    return body.data.reply?.content ?? null;
  });

describe("POST /v1/channels/{id}/messages?wait, when many wait", () => {
  it("holds those that have a place after a second, and answers others at once without the reply, which still comes", async () => {
    const count = ofBot + 5;
    const { all: sent, answered } = await waiting(chat, count);
    takeSeconds();
    const held = async () => (await holders()).length;
    await until(async () => answered.length + (await held()) === count);
    // Who met three that others had just taken is among those.
    const early = [...answered];
    expect(early.length).toBeGreaterThanOrEqual(5);
    expect(early.length).toBeLessThan(count);
    expect(new Set(repliesOf(early))).toEqual(new Set([null]));
    const replies = repliesOf(await answerAll(sent)).filter((reply) => reply !== null);
    expect(replies).toEqual(Array.from({ length: count - early.length }, () => "At last."));
    expect(await held()).toBe(0);
    // The work of those others was turned away too, and is tried again.
    platform.advance(60_000);
    await platform.settle();
    for (const { body } of early) {
      const params = { id: body.data.message.conversation_id };
      const found = await platform.call("getConversation", { as: chat.key, params });
      expect(found.body.data.message_count).toBe(2);
    }
  });

  it("leaves places to another team", async () => {
    const count = ofBot + 5;
    const first = await waiting(chat, count);
    takeSeconds();
    await until(async () => first.answered.length + (await holders()).length === count);
    const taken = await holders();
    const other = await waiting(await slowChat(), 1);
    takeSeconds();
    await until(async () => (await holders()).length === taken.length + 1);
    expect(repliesOf(await answerAll(other.all))).toEqual(["At last."]);
    await answerAll(first.all);
  });

  it("has the places of requests that were killed again when their time is over", async () => {
    await takePlaces(platform, all, platform.clock() + 25_000);
    const early = await waiting(chat, 1, "early");
    takeSeconds();
    expect(repliesOf(await early.all)).toEqual([null]);
    platform.advance(24_000);
    const later = await waiting(chat, 1, "later");
    takeSeconds();
    await until(async () => (await holders()).length === 1);
    expect(repliesOf(await answerAll(later.all))).toEqual(["At last."]);
  });

  it("answers without the reply when no place can be asked for, and says so in the log", async () => {
    platform.faults = ({ operation, input }) =>
      operation === "Query" && JSON.stringify(input).includes("WORKER#waits")
        ? { kind: "connection_lost" as const }
        : undefined;
    const { all: sent } = await waiting(chat, 1);
    takeSeconds();
    const { result, lines } = await withLog(() => sent);
    expect(repliesOf(result)).toEqual([null]);
    expect(lines).toContainEqual(
      expect.objectContaining({ event: "wait_turned_away", level: "info", team_id: chat.team.id }),
    );
  });
});
