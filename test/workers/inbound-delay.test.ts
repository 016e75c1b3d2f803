import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import {
  openSimulatedChat,
  served,
  type SimulatedBackend,
  simulatedBackend,
  type SimulatedChat,
} from "#test/support/simulated-chat";
import { type SimulatedProcess, type Simulation, startSimulation } from "#test/support/simulation";

let backend: SimulatedBackend;
let simulation: Simulation;
let worker: SimulatedProcess;
let client: SimulatedProcess;
beforeEach(() => {
  simulation = startSimulation();
  worker = simulation.process();
  client = simulation.process();
  backend = simulatedBackend();
});
afterEach(() => simulation.close());

/** A bot whose replies are delayed so, with its worker. */
const delayed = async (min_ms: number, max_ms = min_ms, by = worker): Promise<SimulatedChat> => {
  const chat = await openSimulatedChat(simulation, {
    backends: [backend],
    bot: { settings: { response_delay: { min_ms, max_ms } } },
  });
  chat.feed(by);
  simulation.sweepEachMinute(simulation.process());
  return chat;
};

/** What became of the replies of a conversation, and how long after their messages they left. */
const replies = async (chat: SimulatedChat, conversationId: Id<"conv">) => {
  const rows = await chat.messages(conversationId);
  return rows
    .filter(({ role }) => role === "assistant")
    .map(({ content, delivery, updated_at, reply_to }) => {
      const asked = rows.find(({ number }) => number === reply_to)!;
      return {
        content,
        status: delivery?.status,
        after_ms: Date.parse(updated_at) - Date.parse(asked.created_at),
      };
    });
};

describe("A reply", () => {
  it("leaves when its delay is over, counted from the message's arrival", async () => {
    const chat = await delayed(20_000);
    const { message } = await chat.say(client, "Hello!");
    await simulation.advance(19_999);
    expect(await replies(chat, message.conversation_id)).toMatchObject([{ status: "pending" }]);
    await simulation.advance(1);
    expect(await replies(chat, message.conversation_id)).toEqual([
      { content: "Hello!", status: "sent", after_ms: 20_000 },
    ]);
    expect(await chat.work(message.conversation_id)).not.toHaveProperty("due_at");
    await simulation.advance(600_000);
    expect(backend.requests).toHaveLength(1);
  });

  it("is not delayed by what the backend took already", async () => {
    const chat = await delayed(20_000);
    backend.answer(served.echo(12_000));
    const { message } = await chat.say(client, "Hello!");
    await simulation.advance(30_000);
    expect(await replies(chat, message.conversation_id)).toMatchObject([
      { status: "sent", after_ms: 20_000 },
    ]);
  });

  it("leaves at once when the backend took longer than the delay", async () => {
    const chat = await delayed(2_000);
    backend.answer(served.echo(4_500));
    const { message } = await chat.say(client, "Hello!");
    await simulation.advance(4_500);
    expect(await replies(chat, message.conversation_id)).toMatchObject([
      { status: "sent", after_ms: 4_500 },
    ]);
  });

  it("holds no function while it waits longer than a second", async () => {
    const chat = await delayed(1_001);
    const { message } = await chat.say(client, "Hello!");
    await simulation.rest();
    const work = await chat.work(message.conversation_id);
    expect(work).toMatchObject({ not_before: simulation.clock() + 1_001, claims: 0 });
    expect(work).not.toHaveProperty("lease_token");
    expect(simulation.nextMessageIn("inbound")).toBe(2_000);
  });

  it("is held by its function, to the millisecond, while it waits up to a second", async () => {
    const chat = await delayed(1_000);
    const { message } = await chat.say(client, "Hello!");
    await simulation.rest();
    expect(await chat.work(message.conversation_id)).toHaveProperty("lease_token");
    await simulation.advance(1_000);
    expect(simulation.rows().filter(({ sk }) => sk.startsWith("PLACE#"))).toEqual([]);
    expect(await replies(chat, message.conversation_id)).toMatchObject([
      { status: "sent", after_ms: 1_000 },
    ]);
  });

  it("is no earlier by the dates that are shown where clocks are seconds apart", async () => {
    const chat = await delayed(1_000);
    const { message } = await chat.say(client, "One");
    await chat.say(simulation.process({ skewMs: 2_500 }), "Two");
    await simulation.advance(10_000);
    const sent = await replies(chat, message.conversation_id);
    expect(sent.map(({ status }) => status)).toEqual(["sent", "sent"]);
    expect(sent.filter(({ after_ms }) => after_ms < 1_000)).toEqual([]);
  });

  it.each([0, 20_000])(
    "leaves after %i ms though the clock was an hour ahead when its conversation began",
    async (delay) => {
      const ahead = simulation.process({ skewMs: 3_600_000 });
      const chat = await delayed(delay, delay, ahead);
      const { message } = await chat.say(ahead, "Early");
      await simulation.advance(30_000);
      ahead.kill();
      chat.feed(worker);
      await chat.say(client, "Hello!");
      await simulation.advance(delay + 2_000);
      expect((await replies(chat, message.conversation_id)).map(({ status }) => status)).toEqual([
        "sent",
        "sent",
      ]);
    },
  );

  it("leaves after a delay that is drawn uniformly between the two", async () => {
    const chat = await delayed(6_000, 46_000);
    const talks = await Promise.all(
      Array.from({ length: 100 }, (_, index) => chat.say(client, "Hello!", { user: `u${index}` })),
    );
    await simulation.advance(60_000);
    const waits: number[] = [];
    for (const { message } of talks) {
      const [reply] = await replies(chat, message.conversation_id);
      expect(reply?.status).toBe("sent");
      waits.push(reply!.after_ms);
    }
    // A message waits whole seconds, and a claim comes up to a second early and sleeps the rest.
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(6_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(47_000);
    const quarters = [0, 0, 0, 0];
    for (const wait of waits) quarters[Math.min(3, Math.floor((wait - 6_000) / 10_000))]!++;
    // 25 each, give or take three standard deviations; the draws are the same in each run.
    for (const count of quarters) {
      expect(count).toBeGreaterThanOrEqual(12);
      expect(count).toBeLessThanOrEqual(38);
    }
    expect(new Set(waits).size).toBeGreaterThan(30);
  });

  it("keeps the order: the next message is not looked at before the reply has left", async () => {
    const chat = await delayed(30_000);
    const { message } = await chat.say(client, "One");
    await simulation.advance(10_000);
    await chat.say(client, "Two");
    await simulation.advance(19_999);
    expect(backend.requests).toHaveLength(1);
    await simulation.advance(60_000);
    expect(await replies(chat, message.conversation_id)).toEqual([
      { content: "One", status: "sent", after_ms: 30_000 },
      { content: "Two", status: "sent", after_ms: 30_000 },
    ]);
  });

  it.each([
    ["a function that waits", 4_000],
    ["no function", 40_000],
  ])("is skipped when the channel is disabled while %s holds it", async (_, delay) => {
    const chat = await delayed(delay);
    const { message } = await chat.say(client, "Hello!");
    await simulation.advance(1_000);
    await chat.setChannel({ enabled: false });
    await simulation.advance(60_000);
    expect(await replies(chat, message.conversation_id)).toMatchObject([{ status: "skipped" }]);
    const [, reply] = await chat.messages(message.conversation_id);
    expect(reply?.delivery?.error).toMatchObject({ message: "The channel is not enabled." });
    expect(await chat.work(message.conversation_id)).not.toHaveProperty("due_at");
    await chat.setChannel({ enabled: true });
    await chat.say(client, "Again!");
    await simulation.advance(60_000);
    const texts = (await replies(chat, message.conversation_id)).map(({ status }) => status);
    expect(texts).toEqual(["skipped", "sent"]);
  });

  it("leaves once it is made, though the bot is paused meanwhile", async () => {
    const chat = await delayed(40_000);
    const { message } = await chat.say(client, "Hello!");
    await simulation.advance(1_000);
    await chat.setBot({ status: "paused" });
    await simulation.advance(60_000);
    expect(await replies(chat, message.conversation_id)).toMatchObject([{ status: "sent" }]);
  });

  it.each([
    ["while a function holds it", 4_000],
    ["while it waits without one", 40_000],
  ])(
    "leaves, and the backend is not asked again, when the worker is killed %s",
    async (_, delay) => {
      const chat = await delayed(delay);
      const mortal = simulation.process();
      chat.feed(mortal);
      const { message } = await chat.say(client, "Hello!");
      await simulation.advance(1_000);
      mortal.kill();
      await simulation.advance(60_000);
      expect(await replies(chat, message.conversation_id)).toMatchObject([{ status: "sent" }]);
      expect(backend.requests).toHaveLength(1);
    },
  );
});
