import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { withLog } from "#test/support/log-lines";
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
let client: SimulatedProcess;
const errorMessage = "Out to lunch.";
const bot = { settings: { error_message: errorMessage } };
beforeEach(() => {
  simulation = startSimulation();
  client = simulation.process();
  backend = simulatedBackend();
});
afterEach(() => simulation.close());

const replies = async (chat: SimulatedChat, conversationId: Id<"conv">) =>
  (await chat.messages(conversationId)).filter(({ role }) => role === "assistant");

describe("All backends of one message together", () => {
  const askWith = async (...given: readonly Parameters<SimulatedBackend["answer"]>[0][]) => {
    const backends = given.map((answer) => {
      const one = simulatedBackend();
      one.answer(answer);
      return one;
    });
    const chat = await openSimulatedChat(simulation, { backends, timeout_seconds: 120, bot });
    chat.feed(simulation.process());
    const { message } = await chat.say(client, "Hello!");
    await simulation.advance(300_000);
    return {
      given: backends.flatMap(({ requests }) => requests.map(({ timeout_ms }) => timeout_ms)),
      replies: await replies(chat, message.conversation_id),
    };
  };

  it("get 240 seconds: a fallback gets the smaller of its own time and what is left", async () => {
    const result = await askWith(
      served.status(500, 120_000),
      served.status(500, 100_000),
      served.status(500, 19_000),
      served.json({ content: "In time." }),
    );
    expect(result.given).toEqual([120_000, 120_000, 20_000, 1_000]);
    expect(result.replies).toMatchObject([{ content: "In time.", metadata: {} }]);
  });

  it("are asked no further when less than a second is left: the error message is sent", async () => {
    const result = await askWith(
      served.status(500, 120_000),
      served.status(500, 119_001),
      served.json({ content: "Too late." }),
    );
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
    const chat = await openSimulatedChat(simulation, { backends: [backend], bot });
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
          delivery: {
            status: "failed",
            error: { code: "not_answered", message: "The message could not be answered." },
          },
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
    expect(backend.requests).toHaveLength(1);
  });

  it("keeps a reply that was made, as failed", async () => {
    const chat = await openSimulatedChat(simulation, {
      backends: [backend],
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
      backends: [backend],
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
      expect(backend.requests).toEqual([]);
      isDown = false;
      await simulation.advance(30_000);
      expect(await replies(chat, message.conversation_id)).toMatchObject([
        { content: "Hello!", delivery: { status: "sent" } },
      ]);
      expect(backend.requests).toHaveLength(1);
    });
  });
});
