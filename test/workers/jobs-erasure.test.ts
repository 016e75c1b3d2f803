import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { consume as consumeJobs } from "#functions/workers/jobs/handler";
import { jobsDepsOf } from "#lib/simulation/deps-of";
import type { Id } from "#shared/runtime/ids";
import { openSimulatedChat, type SimulatedChat } from "#test/support/simulated-chat";
import {
  type SimulatedProcess,
  type Simulation,
  stallingAt,
  startSimulation,
} from "#test/support/simulation";

let simulation: Simulation;
let chat: SimulatedChat;
let client: SimulatedProcess;
beforeEach(async () => {
  simulation = startSimulation();
  client = simulation.process();
  // Answers by `echo`.
  chat = await openSimulatedChat(simulation);
});
afterEach(() => simulation.close());

const feedJobs = (process: SimulatedProcess) =>
  simulation.feed("jobs", process, consumeJobs(jobsDepsOf(process)));

/** What still names a conversation; receipts and the audit log, which hold no content, go by themselves. */
const left = (conversationId: Id<"conv">) =>
  simulation
    .rows()
    .filter((row) => JSON.stringify(row).includes(conversationId))
    .filter(({ pk, sk }) => sk !== "RECEIPT" && !pk.endsWith("#AUDIT"))
    .map(({ pk, sk }) => `${pk} ${sk}`);

/** How many conversations the channel counts. */
const counted = () =>
  simulation
    .rows()
    .filter(({ sk }) => sk.startsWith("COUNT#"))
    .reduce((sum, { n }) => sum + Number(n), 0);

describe("A conversation that is deleted", () => {
  it("has a job that nobody has claimed or swept yet", async () => {
    const { message } = await chat.say(client, "Hello!");
    await chat.remove(client, message.conversation_id);
    expect(simulation.rows().filter(({ erase }) => erase === "conversation")).toMatchObject([
      { claims: 0, sweeps: 0, due_at: expect.any(Number) },
    ]);
  });

  it.each([0, 1, 2, 3, 4, 5])("leaves nothing behind at call %i of its answer", async (call) => {
    const worker = stallingAt(simulation, call);
    chat.feed(worker);
    const { message } = await chat.say(client, "Hello!");
    await simulation.rest();
    expect(worker.calls.length).toBeGreaterThan(call);
    feedJobs(simulation.process());
    await chat.remove(client, message.conversation_id);
    worker.goOn();
    await simulation.advance(60_000);
    expect(left(message.conversation_id)).toEqual([]);
    expect(simulation.nextMessageIn("inbound")).toBeUndefined();
  });

  it.each([0, 1, 2, 3])(
    "takes a message along at its call %i, or leaves it to a new one",
    async (call) => {
      const { message: first } = await chat.say(client, "One");
      const route = stallingAt(simulation, call);
      const sent = chat.say(route, "Two");
      await simulation.rest();
      expect(route.calls.length).toBeGreaterThan(call);
      await chat.remove(client, first.conversation_id);
      route.goOn();
      const { message: second } = await sent;
      feedJobs(simulation.process());
      chat.feed(simulation.process());
      await simulation.advance(60_000);
      expect(left(first.conversation_id)).toEqual([]);
      const isNew = second.conversation_id !== first.conversation_id;
      expect(await chat.messages(second.conversation_id)).toHaveLength(isNew ? 2 : 0);
      expect(counted()).toBe(isNew ? 1 : 0);
    },
  );

  it("is followed by a new one when its chat goes on", async () => {
    const { message: first } = await chat.say(client, "One");
    await chat.remove(client, first.conversation_id);
    const { message: second } = await chat.say(client, "Two");
    expect(second.conversation_id).not.toBe(first.conversation_id);
    feedJobs(simulation.process());
    chat.feed(simulation.process());
    await simulation.advance(1_000);
    expect(left(first.conversation_id)).toEqual([]);
    expect((await chat.messages(second.conversation_id)).map(({ content }) => content)).toEqual([
      "Two",
      "Two",
    ]);
  });
});
