import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { keys } from "#shared/table/keys";
import { withLog } from "#test/support/log-lines";
import {
  openSimulatedChat,
  served,
  type SimulatedBackend,
  simulatedBackend,
  type SimulatedChat,
} from "#test/support/simulated-chat";
import {
  mishapAt,
  type SimulatedProcess,
  type Simulation,
  stallingAt,
  startSimulation,
} from "#test/support/simulation";

let backend: SimulatedBackend;
let simulation: Simulation;
let client: SimulatedProcess;
beforeEach(() => {
  simulation = startSimulation();
  client = simulation.process();
  backend = simulatedBackend();
});
afterEach(() => simulation.close());

interface Options {
  readonly collect_ms?: number;
  readonly settings?: object;
}

/** A bot that collects for half a second unless it says otherwise, with a worker and the sweeper. */
const collecting = async (
  { collect_ms = 500, settings = {} }: Options = {},
  worker = simulation.process(),
): Promise<SimulatedChat> => {
  const chat = await openSimulatedChat(simulation, {
    backends: [backend],
    bot: { settings: { ...settings, conversation: { collect_ms } } },
  });
  chat.feed(worker);
  simulation.sweepEachMinute(simulation.process());
  return chat;
};

/** Says these things so many milliseconds apart, and gives the conversation. */
const sayAll = async (chat: SimulatedChat, texts: readonly string[], apartMs = 100) => {
  let id: Id<"conv"> | undefined;
  for (const [index, text] of texts.entries()) {
    if (index > 0) await simulation.advance(apartMs);
    id = (await chat.say(client, text)).message.conversation_id;
  }
  return id!;
};

/** What each backend call was shown, user and assistant alike. */
const shown = () =>
  backend.requests.map(({ body }) =>
    // The product's own request.
    (JSON.parse(String(body)) as { messages: { content: unknown }[] }).messages.map(
      ({ content }) => content,
    ),
  );

/** The texts of each turn, with what answered it; each message points at the reply, and that at the last of them. */
const turns = async (chat: SimulatedChat, id: Id<"conv">) => {
  const rows = await chat.messages(id);
  const said = rows.filter(({ role }) => role === "user");
  const replies = rows.filter(({ role }) => role === "assistant");
  for (const reply of replies) {
    const last = said.findLast(({ reply_number }) => reply_number === reply.number);
    expect(reply.reply_to).toBe(last?.number);
  }
  return replies.map((reply) => [
    ...said
      .filter(({ reply_number }) => reply_number === reply.number)
      .map(({ content }) => content),
    // A reply is text.
    `→ ${reply.content as string}`,
  ]);
};

const expectDone = async (chat: SimulatedChat, id: Id<"conv">) => {
  const rows = await chat.messages(id);
  expect(rows.filter((row) => row.answer === true && row.reply_number === undefined)).toEqual([]);
  expect(await chat.work(id)).not.toHaveProperty("due_at");
  expect(await chat.head(id)).toMatchObject({ message_count: rows.length });
};

describe("Messages that follow one another within collect_ms", () => {
  it("are one call of the backend and one reply, which names the last", async () => {
    const chat = await collecting();
    const id = await sayAll(chat, ["One", "Two", "Three"]);
    await simulation.advance(3_000);
    expect(shown()).toEqual([["One", "Two", "Three"]]);
    expect(await turns(chat, id)).toEqual([["One", "Two", "Three", "→ Three"]]);
    const rows = await chat.messages(id);
    expect(backend.requests[0]!.headers["webhook-id"]).toBe(rows[2]!.id);
    await expectDone(chat, id);
    expect(await chat.work(id)).toMatchObject({ handled: 3 });
  });

  it("are answered though the clock was an hour ahead when their conversation began", async () => {
    const ahead = simulation.process({ skewMs: 3_600_000 });
    const chat = await collecting({}, ahead);
    await chat.say(ahead, "Early");
    await simulation.advance(30_000);
    ahead.kill();
    chat.feed(simulation.process());
    const id = await sayAll(chat, ["One"]);
    await simulation.advance(3_000);
    expect(await turns(chat, id)).toEqual([
      ["Early", "→ Early"],
      ["One", "→ One"],
    ]);
    await expectDone(chat, id);
  });

  it("hold no function while more may follow", async () => {
    const worker = simulation.process();
    const chat = await collecting({ collect_ms: 10_000 }, worker);
    const id = await sayAll(chat, ["One", "Two"]);
    await simulation.advance(9_800);
    expect(worker.calls).toEqual([]);
    const armed = simulation.clock() - 9_900 + 10_000;
    expect(await chat.work(id)).toMatchObject({ not_before: armed, claims: 0 });
    await simulation.advance(100);
    // The first was long enough ago, the second not yet.
    expect(await chat.work(id)).toMatchObject({ not_before: armed + 100, claims: 0 });
    expect(await chat.work(id)).not.toHaveProperty("lease_token");
    expect(backend.requests).toEqual([]);
    await simulation.advance(1_000);
    expect(await turns(chat, id)).toEqual([["One", "Two", "→ Two"]]);
  });

  it("go on being one turn as long as each follows in time", async () => {
    const chat = await collecting();
    const texts = ["1", "2", "3", "4", "5", "6", "7", "8"];
    const id = await sayAll(chat, texts, 400);
    await simulation.advance(3_000);
    expect(await turns(chat, id)).toEqual([[...texts, "→ 8"]]);
    expect(backend.requests).toHaveLength(1);
  });

  it.each([
    ["to the millisecond, as its work is looked at a moment later", 500, [["One", "Two", "→ Two"]]],
    [
      "and one that comes later is the next",
      501,
      [
        ["One", "→ One"],
        ["Two", "→ Two"],
      ],
    ],
  ])("are one turn %s", async (_, apart, expected) => {
    const chat = await collecting();
    const id = await sayAll(chat, ["One", "Two"], apart);
    await simulation.advance(5_000);
    expect(await turns(chat, id)).toEqual(expected);
    await expectDone(chat, id);
  });

  it("are a turn each where the bot does not collect, even in the same millisecond", async () => {
    const chat = await collecting({ collect_ms: 0 });
    const id = await sayAll(chat, ["One", "Two"], 0);
    await simulation.advance(1_000);
    expect(await turns(chat, id)).toEqual([
      ["One", "→ One"],
      ["Two", "→ Two"],
    ]);
  });

  it("are one turn in a conversation that goes on, after what was said before", async () => {
    const chat = await collecting();
    await sayAll(chat, ["Zero", "Half"]);
    await simulation.advance(30_000);
    const id = await sayAll(chat, ["One", "Two"]);
    await simulation.advance(3_000);
    expect(shown()).toEqual([
      ["Zero", "Half"],
      ["Zero", "Half", "Half", "One", "Two"],
    ]);
    expect(await turns(chat, id)).toHaveLength(2);
  });

  it("are the next turn when the backend is at work for the one before", async () => {
    const chat = await collecting();
    backend.answer(served.echo(5_000));
    const id = await sayAll(chat, ["One", "Two"]);
    await simulation.advance(2_000);
    expect(backend.requests).toHaveLength(1);
    await sayAll(chat, ["Three", "Four"]);
    await simulation.advance(20_000);
    expect(shown()).toEqual([
      ["One", "Two"],
      ["One", "Two", "Two", "Three", "Four"],
    ]);
    expect(await turns(chat, id)).toEqual([
      ["One", "Two", "→ Two"],
      ["Three", "Four", "→ Four"],
    ]);
    await expectDone(chat, id);
  });

  it("are shown whole, even when the context window is smaller", async () => {
    const chat = await collecting({ settings: { context_window: 2 } });
    await sayAll(chat, ["Zero"]);
    await simulation.advance(30_000);
    const texts = Array.from({ length: 18 }, (_, index) => String(index));
    const id = await sayAll(chat, texts, 10);
    await simulation.advance(3_000);
    expect(shown().at(-1)).toEqual(texts);
    await sayAll(chat, ["Last"]);
    await simulation.advance(3_000);
    expect(shown().at(-1)).toEqual(["17", "Last"]);
    await expectDone(chat, id);
  });

  it("are counted in the context window", async () => {
    const chat = await collecting({ settings: { context_window: 3 } });
    await sayAll(chat, ["Zero"]);
    await simulation.advance(30_000);
    backend.answer(served.json({ content: "Good." }));
    await sayAll(chat, ["One", "Two"]);
    await simulation.advance(3_000);
    expect(shown().at(-1)).toEqual(["Zero", "One", "Two"]);
  });

  it("change nothing when they come again", async () => {
    const chat = await collecting();
    const say = (content: string) => chat.say(client, content, { message_id: content });
    const { message } = await say("One");
    await say("One");
    await say("Two");
    await simulation.advance(400);
    await say("One");
    await simulation.advance(200);
    await say("Two");
    await simulation.advance(5_000);
    const again = await say("One");
    expect(again.reply).toMatchObject({ content: "Two" });
    await simulation.advance(5_000);
    expect(await turns(chat, message.conversation_id)).toEqual([["One", "Two", "→ Two"]]);
    expect(backend.requests).toHaveLength(1);
  });
});

describe("A turn ends", () => {
  it("with what another user of the same chat says", async () => {
    const chat = await collecting();
    const say = (user: string, content: string) =>
      chat.say(client, content, { user, chat_id: "lobby" });
    const { message } = await say("ada", "One");
    await say("ada", "Two");
    await say("bob", "Three");
    await say("ada", "Four");
    await say("ada", "Five");
    await simulation.advance(5_000);
    const id = message.conversation_id;
    expect(await turns(chat, id)).toEqual([
      ["One", "Two", "→ Two"],
      ["Three", "→ Three"],
      ["Four", "Five", "→ Five"],
    ]);
    expect(shown()[1]).toEqual(["One", "Two", "Two", "Three"]);
    await expectDone(chat, id);
  });

  it("with what nobody answers", async () => {
    const chat = await collecting();
    const id = await sayAll(chat, ["One"]);
    await chat.setBot({ status: "paused" });
    await sayAll(chat, ["Two"]);
    await chat.setBot({ status: "active" });
    await sayAll(chat, ["Three"]);
    await simulation.advance(5_000);
    expect(await turns(chat, id)).toEqual([
      ["One", "→ One"],
      ["Three", "→ Three"],
    ]);
    expect(shown().at(-1)).toEqual(["One", "One", "Two", "Three"]);
  });

  it("with twenty messages", async () => {
    const chat = await collecting({ collect_ms: 10_000, settings: { context_window: 100 } });
    const texts = Array.from({ length: 22 }, (_, index) => String(index));
    const id = await sayAll(chat, texts, 10);
    await simulation.advance(30_000);
    expect(await turns(chat, id)).toEqual([
      [...texts.slice(0, 20), "→ 19"],
      ["20", "21", "→ 21"],
    ]);
    await expectDone(chat, id);
  });

  it("a minute after its first message, though there is no pause", async () => {
    const chat = await collecting({ collect_ms: 10_000 });
    const began = simulation.clock();
    const texts = Array.from({ length: 9 }, (_, index) => String(index));
    backend.answer((request) => served.json({ content: `${simulation.clock() - began}` })(request));
    const id = await sayAll(chat, texts, 9_000);
    await simulation.advance(20_000);
    expect(await turns(chat, id)).toEqual([
      [...texts.slice(0, 7), expect.stringMatching(/^→ 6[01]\d{3}$/)],
      [...texts.slice(7), expect.anything()],
    ]);
    await expectDone(chat, id);
  });
});

describe("The reply of a turn", () => {
  it("is delayed from the arrival of the last message", async () => {
    const chat = await collecting({
      // Whole seconds, as messages wait.
      collect_ms: 1_000,
      settings: { response_delay: { min_ms: 20_000, max_ms: 20_000 } },
    });
    const id = await sayAll(chat, ["One", "Two"], 400);
    await simulation.advance(5_000);
    // What comes while it waits for its time is the next turn, also within the time.
    await sayAll(chat, ["Three"]);
    await simulation.advance(14_999);
    const replies = async () =>
      (await chat.messages(id)).filter(({ role }) => role === "assistant");
    expect(await replies()).toMatchObject([{ delivery: { status: "pending" } }]);
    await simulation.advance(60_000);
    const rows = await chat.messages(id);
    const [reply, next] = await replies();
    expect(Date.parse(reply!.updated_at) - Date.parse(rows[1]!.created_at)).toBe(20_000);
    expect(next).toMatchObject({ content: "Three", delivery: { status: "sent" } });
    expect(await turns(chat, id)).toHaveLength(2);
    await expectDone(chat, id);
  });

  it("is none for any of its messages when the bot was paused meanwhile", async () => {
    const chat = await collecting();
    const id = await sayAll(chat, ["One", "Two"]);
    await chat.setBot({ status: "paused" });
    await simulation.advance(5_000);
    const rows = await chat.messages(id);
    expect(rows.map(({ reply_number }) => reply_number)).toEqual([0, 0]);
    expect(backend.requests).toEqual([]);
    await expectDone(chat, id);
  });

  it("is the error message once for all when the turn is given up", async () => {
    const chat = await collecting();
    const integration = (await chat.integrations()).find(({ type }) => type === "webhook")!;
    const key = keys.integration(chat.team_id, chat.bot.id, integration.id);
    const broken = { ...integration.signing_secret, ciphertext: Uint8Array.from(randomBytes(64)) };
    await client.table.update(key, { set: { signing_secret: broken } });
    const id = await sayAll(chat, ["One", "Two"]);
    await withLog(() => simulation.advance(420_000));
    const rows = await chat.messages(id);
    expect(rows.map(({ reply_number }) => reply_number)).toEqual([3, 3, undefined]);
    expect(rows[2]).toMatchObject({
      reply_to: 2,
      metadata: { failed: true },
      delivery: { status: "failed" },
    });
    await expectDone(chat, id);
  });

  it("closes the whole turn as failed when it was made and cannot be delivered", async () => {
    const chat = await collecting({
      settings: { response_delay: { min_ms: 40_000, max_ms: 40_000 } },
    });
    const id = await sayAll(chat, ["One", "Two"]);
    await simulation.advance(5_000);
    const work = keys.conversationWork(chat.team_id, id);
    await client.table.update(work, { set: { claims: 5 } });
    await withLog(() => simulation.advance(60_000));
    expect(await chat.messages(id)).toMatchObject([
      { reply_number: 3 },
      { reply_number: 3 },
      { delivery: { status: "failed" } },
    ]);
    expect(await chat.work(id)).toMatchObject({ handled: 2 });
    await expectDone(chat, id);
  });
});

/** Has a turn of two in a conversation that goes on, and what may happen to a process at one of its calls. */
const withTurn = async (
  run: (chat: SimulatedChat) => Promise<Id<"conv">>,
  settings: object = {},
) => {
  const chat = await collecting({ settings });
  await sayAll(chat, ["Zero"]);
  await simulation.advance(30_000);
  backend.requests.length = 0;
  const { result: id } = await withLog(async () => {
    const id = await run(chat);
    await simulation.advance(400_000);
    return id;
  });
  expect(await turns(chat, id)).toEqual([
    ["Zero", "→ Zero"],
    ["One", "Two", "→ Two"],
  ]);
  await expectDone(chat, id);
  const ids = new Set(backend.requests.map(({ headers }) => headers["webhook-id"]));
  expect(ids.size).toBe(1);
};

describe.each([
  ["at once", 0],
  ["after a delay", 20_000],
])("A turn that is answered %s gets one reply", (_, delay) => {
  const settings = { response_delay: { min_ms: delay, max_ms: delay } };

  it.each(["crash_before", "crash_after", "answer_lost", "refused"] as const)(
    "whatever its worker does at any call: %s",
    async (kind) => {
      let made = Infinity;
      for (let call = 0; call <= made; call++) {
        simulation.close();
        simulation = startSimulation();
        client = simulation.process();
        const mishap = kind === "crash_after" ? ({ kind, ms: 0 } as const) : ({ kind } as const);
        const worker = simulation.process({ mishaps: mishapAt(call, mishap) });
        await withTurn(async (chat) => {
          chat.feed(worker);
          const id = await sayAll(chat, ["One", "Two"]);
          await simulation.advance(3_000);
          chat.feed(simulation.process());
          return id;
        }, settings);
        made = worker.calls.length;
      }
      expect(made).toBeGreaterThan(8);
    },
  );

  it("however its worker stands still past its lease at any call and comes back", async () => {
    let made = Infinity;
    for (let call = 0; call <= made; call++) {
      simulation.close();
      simulation = startSimulation();
      client = simulation.process();
      const worker = stallingAt(simulation, call);
      await withTurn(async (chat) => {
        chat.feed(worker);
        const id = await sayAll(chat, ["One", "Two"]);
        await simulation.advance(3_000);
        chat.feed(simulation.process());
        await simulation.advance(120_000);
        worker.goOn();
        return id;
      }, settings);
      made = worker.calls.length;
    }
    expect(made).toBeGreaterThan(8);
  });
});

describe("While a turn is answered", () => {
  /** The calls of a new worker that answers it. */
  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    "a message that comes later at call %i is the next turn",
    async (call) => {
      const worker = stallingAt(simulation, call);
      const chat = await collecting({}, worker);
      const id = await sayAll(chat, ["One", "Two"]);
      await simulation.advance(1_000);
      expect(worker.calls.length).toBeGreaterThan(call);
      await sayAll(chat, ["Three"]);
      worker.goOn();
      await simulation.advance(5_000);
      expect(await turns(chat, id)).toEqual([
        ["One", "Two", "→ Two"],
        ["Three", "→ Three"],
      ]);
      expect(backend.requests).toHaveLength(2);
      await expectDone(chat, id);
    },
  );
});

describe("A message that was slow to be kept", () => {
  /** After the fourth the messages are read. */
  it.each([0, 1, 2, 3])("is part of its turn when it comes at call %i", async (call) => {
    const worker = stallingAt(simulation, call);
    const chat = await collecting({}, worker);
    const id = await sayAll(chat, ["One"]);
    const mint = createMint(simulation.clock() + 400);
    await simulation.advance(1_000);
    expect(worker.calls.length).toBeGreaterThan(call);
    await chat.say(client, "Two", {}, mint);
    worker.goOn();
    await simulation.rest();
    expect(await turns(chat, id)).toEqual([["One", "Two", "→ Two"]]);
    await simulation.advance(300_000);
    expect(await turns(chat, id)).toHaveLength(1);
    expect(backend.requests).toHaveLength(1);
    await expectDone(chat, id);
  });
});

describe("A message that comes when its turn has been read", () => {
  it("is part of it, though the worker stands still until that would have been over", async () => {
    const worker = stallingAt(simulation, 4);
    const chat = await collecting({}, worker);
    await chat.say(client, "One");
    await simulation.advance(100);
    const two = { message_id: "two" };
    const { message } = await chat.say(client, "Two", two);
    await simulation.advance(450);
    // It wakes the worker at once, who has no need to wait for the first.
    await chat.say(client, "Two", two);
    await simulation.rest();
    expect(worker.calls).toHaveLength(5);
    await simulation.advance(30);
    await chat.say(client, "Three");
    await simulation.advance(120);
    worker.goOn();
    await simulation.advance(5_000);
    const id = message.conversation_id;
    expect(await turns(chat, id)).toEqual([["One", "Two", "Three", "→ Three"]]);
    await expectDone(chat, id);
  });
});

describe("A message within the time of the one before, kept while a client dies at any call,", () => {
  it.each(["crash_before", "crash_after"] as const)(
    "is kept and answered once: %s",
    async (kind) => {
      let made = Infinity;
      for (let call = 0; call <= made; call++) {
        simulation.close();
        simulation = startSimulation();
        client = simulation.process();
        const mishap = kind === "crash_after" ? ({ kind, ms: 0 } as const) : ({ kind } as const);
        const dying = simulation.process({ mishaps: mishapAt(call, mishap) });
        await withTurn(async (chat) => {
          const id = await sayAll(chat, ["One"]);
          void chat.say(dying, "Two", { message_id: "two" });
          await simulation.advance(100);
          await chat.say(client, "Two", { message_id: "two" });
          return id;
        });
        made = dying.calls.length;
      }
      expect(made).toBeGreaterThan(2);
    },
  );
});
