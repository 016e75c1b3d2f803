import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { checkCounted } from "#lib/simulation/conversations/counted";
import { SeenConversations } from "#lib/simulation/conversations/seen-conversations";
import type { Mishap } from "#lib/simulation/mishaps";
import type { Item } from "#shared/table/table";
import { bodySaid } from "#test/support/fake-models";
import { withLog } from "#test/support/log-lines";
import {
  openSimulatedChat,
  served,
  type SimulatedBackend,
  simulatedBackend,
} from "#test/support/simulated-chat";
import { mishapAt, type Simulation, startSimulation } from "#test/support/simulation";

let simulation: Simulation | undefined;
afterEach(() => {
  simulation?.close();
  simulation = undefined;
});

type Type = "webhook" | "openai" | "anthropic";

/** Two that fail and one that answers. */
function threeBackends(type: Type) {
  const backends = [1, 2, 3].map(() => simulatedBackend(type));
  backends[0]!.answer(served.status(500));
  backends[1]!.answer(served.json({}));
  backends[2]!.answer(served.json(saidBy(type)));
  return backends;
}

/** The same answer as servers of each type give it. */
function saidBy(type: Type): unknown {
  const usage = { input_tokens: 12, output_tokens: 5 };
  if (type === "webhook") return { content: "Here.", metadata: { usage } };
  const said = { text: "Here.", tokens: [usage.input_tokens, usage.output_tokens] as const };
  return JSON.parse(bodySaid(type, said));
}

/**
 * A message whose worker has a mishap at one of its calls, or none, and what came of it when all was over: how often each
 * backend was asked, what the user sees, and what is counted wrongly.
 */
async function answered(backends: readonly SimulatedBackend[], at: number, mishap: Mishap) {
  simulation?.close();
  simulation = startSimulation();
  const { world } = simulation;
  const seen = new SeenConversations(() => world.agenda.now);
  world.observer.onRow = (row) => seen.see(row);
  const chat = await openSimulatedChat(simulation, { backends });
  const client = simulation.process();
  const worker = simulation.process({ mishaps: mishapAt(at, mishap) });
  chat.feed(simulation.process());
  chat.feed(worker);
  simulation.sweepEachMinute(simulation.process());
  const { message } = await chat.say(client, "Hello!");
  await simulation.advance(300_000);
  const problems: string[] = [];
  const rows = simulation.rows();
  checkCounted({ chat, seen, rows }, (problem) => problems.push(problem));
  const replies = (await chat.messages(message.conversation_id)).filter(
    ({ role }) => role === "assistant",
  );
  return {
    asked: backends.map(({ requests }) => requests.length),
    replies: replies.map(({ content }) => content),
    problems,
    calls: worker.calls,
    counted: new Set(rows.filter(({ pk }) => pk.includes("#FIGURES#")).map(namesIn)),
    work: await chat.work(message.conversation_id),
  };
}

/** What is counted in a row; how long something took is left out. */
const namesIn = (row: Item) =>
  Object.keys(row)
    .filter((name) => /^(asked|failed|replies|fallbacks|unanswered|.*_tokens)/.test(name))
    .toSorted()
    .join(" ");

// Its libraries are loaded once, in time that no simulation counts.
beforeAll(() => import("#shared/models/call-vendor"));

describe.each<Type>(["webhook", "openai", "anthropic"])(
  "A worker that asks three backends of the type %s, of which two fail",
  (type) => {
    const calm = () => answered(threeBackends(type), -1, { kind: "crash_before" });

    it("writes down each failure before it asks the next one", async () => {
      const { asked, replies, problems, calls, work } = await calm();
      expect([asked, replies, problems]).toEqual([[1, 1, 1], ["Here."], []]);
      const from = calls.indexOf("backend");
      expect(calls.slice(from, calls.lastIndexOf("backend") + 2)).toEqual([
        "backend",
        // Who wants to be told, and how the backend has done since.
        "Query",
        "GetItem",
        "TransactWriteItems",
        "backend",
        "Query",
        "GetItem",
        "TransactWriteItems",
        "backend",
        "TransactWriteItems",
      ]);
      expect(work).not.toHaveProperty("failed_backends");
    });

    it.each<Mishap>([
      { kind: "crash_before" },
      { kind: "crash_after", ms: 0 },
      { kind: "answer_lost" },
      { kind: "refused" },
      { kind: "conflict" },
      // Past its lease.
      { kind: "stall_before", ms: 20_000 },
      { kind: "stall_after", ms: 20_000 },
    ])(
      "is followed by one that asks nobody again who is known to have failed: $kind",
      async (mishap) => {
        const { calls, counted } = await calm();
        for (const [at, call] of calls.entries()) {
          // A model whose answer is lost has failed: its worker goes on, and nobody follows.
          if (call === "backend" && type !== "webhook" && mishap.kind === "answer_lost") continue;
          const outcome = (await withLog(() => answered(threeBackends(type), at, mishap))).result;
          expect([at, outcome.problems, outcome.replies]).toEqual([at, [], ["Here."]]);
          // At most the one that was being asked.
          const again = outcome.asked.filter((times) => times > 1);
          expect([at, again.length <= 1]).toEqual([at, true]);
          expect([at, outcome.counted]).toEqual([at, counted]);
        }
      },
    );

    it("asks the one again whose failure was lost with it, and counts it once", async () => {
      const { calls } = await calm();
      const at = calls.indexOf("TransactWriteItems");
      const before = await answered(threeBackends(type), at, { kind: "crash_before" });
      expect([before.asked, before.problems]).toEqual([[2, 1, 1], []]);
      const after = await answered(threeBackends(type), at, { kind: "crash_after", ms: 0 });
      expect([after.asked, after.problems]).toEqual([[1, 1, 1], []]);
    });
  },
);
