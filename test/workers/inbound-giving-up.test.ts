import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import {
  type Answer,
  answers,
  type FakeBackend,
  startFakeBackend,
} from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { openSimulatedChat, type SimulatedChat } from "#test/support/simulated-chat";
import { type SimulatedProcess, type Simulation, startSimulation } from "#test/support/simulation";

let backends: FakeBackend[];
let simulation: Simulation;
let client: SimulatedProcess;
const errorMessage = "Out to lunch.";
const bot = { settings: { error_message: errorMessage } };
beforeAll(async () => {
  backends = await Promise.all([1, 2, 3, 4].map(() => startFakeBackend()));
});
afterAll(() => Promise.all(backends.map((backend) => backend.close())));
beforeEach(() => {
  // So long that time may pass within a call of a backend.
  simulation = startSimulation({ leaseMs: 3_600_000 });
  client = simulation.process();
  for (const backend of backends) {
    backend.requests.length = 0;
    backend.answer(answers.echo());
  }
});
afterEach(() => simulation.close());

const replies = async (chat: SimulatedChat, conversationId: Id<"conv">) =>
  (await chat.messages(conversationId)).filter(({ role }) => role === "assistant");

describe("All backends of one message together", () => {
  /** Fails when so much time has passed. */
  const failingAfter =
    (ms: number): Answer =>
    (...given) => {
      simulation.pass(ms);
      return answers.status(500)(...given);
    };

  const askWith = async (...answersOf: readonly Answer[]) => {
    const given: number[] = [];
    const chat = await openSimulatedChat(simulation, {
      urls: backends.map(({ url }) => url),
      timeout_seconds: 120,
      bot,
      onCall: (timeoutMs) => given.push(timeoutMs),
    });
    for (const [index, answer] of answersOf.entries()) backends[index]!.answer(answer);
    chat.feed(simulation.process());
    const { message } = await chat.say(client, "Hello!");
    await simulation.rest();
    return { given, replies: await replies(chat, message.conversation_id) };
  };

  it("get 240 seconds: a fallback gets the smaller of its own time and what is left", async () => {
    const result = await askWith(
      failingAfter(120_000),
      failingAfter(100_000),
      failingAfter(19_000),
      answers.json({ content: "In time." }),
    );
    expect(result.given).toEqual([120_000, 120_000, 20_000, 1_000]);
    expect(result.replies).toMatchObject([{ content: "In time.", metadata: {} }]);
  });

  it("are asked no further when less than a second is left: the error message is sent", async () => {
    const result = await askWith(failingAfter(120_000), failingAfter(119_001));
    expect(result.given).toEqual([120_000, 120_000]);
    expect(result.replies).toMatchObject([
      { content: errorMessage, metadata: { failed: true }, delivery: { status: "sent" } },
    ]);
  });
});

describe("A message that fails five times without progress", () => {
  /** Makes the seal of the backend's secret one that nobody can open, or mends it. */
  const breakSeal = async (chat: SimulatedChat) => {
    const integration = (await chat.integrations()).find(({ type }) => type === "webhook")!;
    const { table } = client;
    const key = keys.integration(chat.team_id, chat.bot.id, integration.id);
    const secret = integration.signing_secret;
    const broken = { ...secret, ciphertext: Uint8Array.from(randomBytes(64)) };
    await table.update(key, { set: { signing_secret: broken } });
    return () => table.update(key, { set: { signing_secret: secret } });
  };

  it("gets the error message, stored as failed and not sent, and the conversation goes on", async () => {
    const chat = await openSimulatedChat(simulation, { urls: [backends[0]!.url], bot });
    const mend = await breakSeal(chat);
    const { lines } = await withLog(async () => {
      chat.feed(simulation.process());
      simulation.sweepEachMinute(simulation.process());
      const { message } = await chat.say(client, "One");
      await chat.say(client, "Two");
      await simulation.advance(394_000);
      expect(await replies(chat, message.conversation_id)).toEqual([]);
      await simulation.advance(1_000);
      expect(await replies(chat, message.conversation_id)).toMatchObject([
        {
          content: errorMessage,
          metadata: { failed: true },
          reply_to: 1,
          delivery: { status: "failed", error: "The message could not be answered." },
        },
      ]);
      await mend();
      await simulation.advance(600_000);
      expect(await replies(chat, message.conversation_id)).toMatchObject([
        { reply_to: 1 },
        { reply_to: 2, content: "Two", delivery: { status: "sent" } },
      ]);
      expect(await chat.work(message.conversation_id)).not.toHaveProperty("due_at");
    });
    expect(lines.filter(({ event }) => event === "work_given_up")).toMatchObject([
      { level: "error", claims: 6, kind: "conversation" },
    ]);
    expect(backends[0]!.requests).toHaveLength(1);
  });

  it("keeps a reply that was made, as failed", async () => {
    const chat = await openSimulatedChat(simulation, {
      urls: [backends[0]!.url],
      bot: { settings: { ...bot.settings, response_delay: { min_ms: 40_000, max_ms: 40_000 } } },
    });
    chat.feed(simulation.process());
    const { message } = await chat.say(client, "One");
    await simulation.rest();
    const work = keys.conversationWork(chat.team_id, message.conversation_id);
    await client.table.update(work, { set: { claims: 5 } });
    await withLog(() => simulation.advance(60_000));
    expect(await replies(chat, message.conversation_id)).toMatchObject([
      { content: "One", delivery: { status: "failed" } },
    ]);
    expect(await chat.work(message.conversation_id)).not.toHaveProperty("due_at");
    expect(await chat.work(message.conversation_id)).toMatchObject({ claims: 0, handled: 1 });
  });
});

describe("A message whose backend needs the team's data key", () => {
  it("waits for it as long as it takes, thirty seconds at a time, and is answered then", async () => {
    const key = randomBytes(32);
    let isDown = false;
    const chat = await openSimulatedChat(simulation, {
      urls: [backends[0]!.url],
      wrapper: {
        generate: async () => ({ plaintext: key, wrapped: key }),
        unwrap: async () => {
          if (isDown) throw new Error("The key service is down.");
          return key;
        },
      },
    });
    await withLog(async () => {
      isDown = true;
      chat.feed(simulation.process());
      simulation.sweepEachMinute(simulation.process());
      const { message } = await chat.say(client, "Hello!");
      await simulation.advance(900_000);
      expect(await chat.messages(message.conversation_id)).toHaveLength(1);
      expect(await chat.work(message.conversation_id)).toMatchObject({ claims: 0 });
      expect(backends[0]!.requests).toEqual([]);
      isDown = false;
      await simulation.advance(30_000);
      expect(await replies(chat, message.conversation_id)).toMatchObject([
        { content: "Hello!", delivery: { status: "sent" } },
      ]);
      expect(backends[0]!.requests).toHaveLength(1);
    });
  });
});
