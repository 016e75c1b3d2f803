import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { sweep } from "#shared/work/sweep";
import { withLog } from "#test/support/log-lines";
import {
  openSimulatedChat,
  type SimulatedBackend,
  simulatedBackend,
  type SimulatedChat,
} from "#test/support/simulated-chat";
import {
  type SimulatedProcess,
  type Simulation,
  stallingAt,
  startSimulation,
} from "#test/support/simulation";

let backend: SimulatedBackend;
let simulation: Simulation;
let client: SimulatedProcess;
let chat: SimulatedChat;
beforeEach(async () => {
  simulation = startSimulation();
  client = simulation.process();
  backend = simulatedBackend();
  chat = await openSimulatedChat(simulation, { backends: [backend] });
});
afterEach(() => simulation.close());

/** The texts of a conversation with the texts of their replies, by number. */
const said = async (conversationId: Id<"conv">) => {
  const rows = await chat.messages(conversationId);
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
  const head = await chat.head(conversationId);
  expect(head).toMatchObject({
    message_count: rows.length,
    user_count: rows.filter(({ role }) => role === "user").length,
    assistant_count: rows.filter(({ role }) => role === "assistant").length,
  });
  return rows
    .filter(({ role }) => role === "user")
    .map(({ content, reply_number }) => [
      content,
      rows
        .filter(({ reply_to, number }) => reply_to !== undefined && number === reply_number)
        .map((reply) => reply.content),
    ]);
};

/** The calls of a new worker that answers one message; the team's data key is one, and that the channel is told of it. */
const calls = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/** Has a worker begin to answer a message and stand still at one of its calls. */
const beginAnswer = async (call: number) => {
  const worker = stallingAt(simulation, call);
  chat.feed(worker);
  const { message } = await chat.say(client, "One");
  await simulation.rest();
  expect(worker.calls.length).toBeGreaterThan(call);
  return { worker, id: message.conversation_id };
};

describe("An answer", () => {
  it("takes six calls and the backend's of a worker that has the team's data key and has told the channel of another", async () => {
    const worker = simulation.process();
    chat.feed(worker);
    await chat.say(client, "Warm up", { user: "bob" });
    await simulation.rest();
    expect(worker.calls).toHaveLength(calls.length);
    await chat.say(client, "One");
    await simulation.rest();
    const made = worker.calls.slice(calls.length);
    expect(made).toEqual([
      "ChangeMessageVisibility",
      "UpdateItem",
      "Query",
      "BatchGetItem",
      "Query",
      "backend",
      "TransactWriteItems",
    ]);
  });
});

/** The calls of a route that keeps a message; the last one wakes the worker. */
const keepCalls = [0, 1, 2];

describe.each([
  ["begins a conversation", false],
  ["goes on", true],
])("While a message that %s is kept", (_, goesOn) => {
  const begin = async (call: number) => {
    chat.feed(simulation.process());
    if (goesOn) {
      await chat.say(client, "Zero");
      await simulation.rest();
    }
    const stalled = stallingAt(simulation, call);
    const sent = chat.say(stalled, "One", { message_id: "one" });
    await simulation.rest();
    expect(stalled.calls.length).toBeGreaterThan(call);
    return { stalled, sent };
  };
  const before = goesOn ? [["Zero", ["Zero"]]] : [];

  it.each(keepCalls)("its repeat at call %i is known", async (call) => {
    const { stalled, sent } = await begin(call);
    const again = await chat.say(client, "One", { message_id: "one" });
    await simulation.rest();
    stalled.goOn();
    const { message } = await sent;
    await simulation.advance(1_000);
    expect(again.message.id).toBe(message.id);
    expect(await said(message.conversation_id)).toEqual([...before, ["One", ["One"]]]);
    expect(backend.requests).toHaveLength(before.length + 1);
  });

  it.each(keepCalls)("another one at call %i is kept too", async (call) => {
    const { stalled, sent } = await begin(call);
    const other = await chat.say(client, "Two", { message_id: "two" });
    await simulation.rest();
    stalled.goOn();
    const { message } = await sent;
    await simulation.advance(1_000);
    expect(other.message.conversation_id).toBe(message.conversation_id);
    const all = await said(message.conversation_id);
    expect(all).toHaveLength(before.length + 2);
    expect(all).toEqual(expect.arrayContaining([["One", ["One"]], ["Two", ["Two"]], ...before]));
    expect(await chat.work(message.conversation_id)).not.toHaveProperty("due_at");
  });
});

describe("A message that comes again", () => {
  const fortnight = 14 * 24 * 60 * 60 * 1_000;

  it.each([
    ["is known after fourteen days", fortnight, 1],
    ["is another later, though the table has not yet removed what is past", fortnight + 1_000, 2],
  ])("%s", async (_, ms, count) => {
    chat.feed(simulation.process());
    const first = await chat.say(client, "One", { message_id: "one" });
    await simulation.rest();
    await simulation.advance(ms);
    const { message } = await chat.say(client, "One", { message_id: "one" });
    await simulation.rest();
    expect(message.id === first.message.id).toBe(count === 1);
    expect(await said(message.conversation_id)).toHaveLength(count);
    expect(backend.requests).toHaveLength(count);
  });
});

describe("While an answer is made", () => {
  it.each(calls)("a message that comes at call %i is kept and answered after it", async (call) => {
    const { worker, id } = await beginAnswer(call);
    await chat.say(client, "Two");
    await simulation.rest();
    worker.goOn();
    await simulation.advance(1_000);
    expect(await said(id)).toEqual([
      ["One", ["One"]],
      ["Two", ["Two"]],
    ]);
    expect(backend.requests).toHaveLength(2);
    expect(await chat.work(id)).not.toHaveProperty("due_at");
  });

  it.each(calls)("a sweep at call %i starts no other and brings nothing back", async (call) => {
    const { worker, id } = await beginAnswer(call);
    await sweep(client);
    worker.goOn();
    await simulation.advance(300_000);
    expect(await said(id)).toEqual([["One", ["One"]]]);
    expect(backend.requests).toHaveLength(1);
    expect(await chat.work(id)).not.toHaveProperty("due_at");
    expect(simulation.nextMessageIn("inbound")).toBeUndefined();
  });

  it.each(calls)(
    "a worker that stands still past its lease at call %i and comes back changes nothing",
    async (call) => {
      await withLog(async () => {
        const { worker, id } = await beginAnswer(call);
        const other = simulation.process();
        chat.feed(other);
        simulation.sweepEachMinute(client);
        await simulation.advance(120_000);
        const before = await chat.messages(id);
        expect(await said(id)).toEqual([["One", ["One"]]]);
        worker.goOn();
        await simulation.advance(120_000);
        expect(await chat.messages(id)).toEqual(before);
        expect(await chat.work(id)).not.toHaveProperty("due_at");
        expect(backend.requests.length).toBeLessThanOrEqual(2);
        expect(new Set(backend.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
      });
    },
  );
});
