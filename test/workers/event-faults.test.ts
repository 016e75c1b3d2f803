import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { consume as consumeDeliveries } from "#functions/workers/deliveries/handler";
import { Endpoints } from "#lib/simulation/events/endpoints";
import type { PlannedReceipt } from "#lib/simulation/events/story";
import { asDelivery } from "#shared/deliveries/delivery-store";
import { openSimulatedChat, type SimulatedChat } from "#test/support/simulated-chat";
import {
  mishapAt,
  type SimulatedProcess,
  type Simulation,
  startSimulation,
} from "#test/support/simulation";

let simulation: Simulation;
let chat: SimulatedChat;
let endpoints: Endpoints;
beforeEach(async () => {
  simulation = startSimulation();
  chat = await openSimulatedChat(simulation);
  endpoints = new Endpoints(simulation.world, {
    id: chat.team_id,
    secrets: (process) => chat.deps(process).secrets,
  });
});
afterEach(() => simulation.close());

const endpoint = (...does: PlannedReceipt["does"][]) => {
  const [first = "ok", ...others] = does;
  const receipt = (one: PlannedReceipt["does"]) => ({ does: one, ms: 100 });
  return endpoints.add({
    events: ["*"],
    receipts: [receipt(first), ...others.map(receipt)],
    downMs: 0,
    changes: [],
  });
};
/** Has a process deliver from now on, and nobody else. */
const deliverWith = (process: SimulatedProcess) => {
  const deps = { ...chat.deps(process), fetch: endpoints.fetch(process) };
  simulation.feed("deliveries", process, consumeDeliveries(deps));
  return process;
};
const deliveries = () =>
  simulation.rows().flatMap((row) => (row.sk === "DELIVERY" ? (asDelivery(row) ?? []) : []));
const say = (process = simulation.process()) => chat.say(process, "Hello!");

describe("A delivery", () => {
  it("whose receiver answers too late has failed, and comes again under the same id", async () => {
    const { received } = await endpoint("late", "ok");
    deliverWith(simulation.process());
    await say();
    await simulation.advance(14_000);
    expect(deliveries()).toEqual([expect.objectContaining({ status: "pending", attempts: [] })]);
    await simulation.advance(2_000);
    expect(deliveries()).toEqual([
      expect.objectContaining({
        attempts: [expect.objectContaining({ status_code: null, duration_ms: 15_000 })],
      }),
    ]);
    await simulation.advance(8_000);
    expect(deliveries()).toEqual([
      expect.objectContaining({ status: "succeeded", attempt_count: 2 }),
    ]);
    expect(received).toHaveLength(2);
    expect(new Set(received.map(({ id }) => id)).size).toBe(1);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
  });

  it.each([
    ["before it is written down", "crash_before", 2],
    ["as it is written down", "crash_after", 1],
  ] as const)(
    "whose worker is killed %s is never skipped, and never another event",
    async (_, kind, times) => {
      const { received } = await endpoint();
      // The first claims it.
      const mishap = kind === "crash_after" ? { kind, ms: 0 } : { kind };
      const first = simulation.process({ mishaps: mishapAt(1, mishap, "UpdateItem") });
      deliverWith(simulation.process());
      deliverWith(first);
      await say();
      await simulation.rest();
      await simulation.advance(1_000);
      expect(first.isDead).toBe(true);
      expect(received).toHaveLength(1);
      await simulation.advance(20_000);
      expect(received).toHaveLength(times);
      expect(new Set(received.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
      expect(deliveries()).toEqual([
        expect.objectContaining({ status: "succeeded", attempt_count: 1 }),
      ]);
    },
  );

  it.each([
    [4_000, 0],
    [0, 4_000],
  ])(
    "is made once by workers whose clocks are apart (%i and %i ms ahead)",
    async (teller, worker) => {
      const { received } = await endpoint("error", "ok");
      deliverWith(simulation.process({ skewMs: worker }));
      await say(simulation.process({ skewMs: teller }));
      await simulation.advance(30_000);
      expect(received.map(({ does }) => does)).toEqual(["error", "ok"]);
      expect(received.every(({ isSigned }) => isSigned)).toBe(true);
      expect(deliveries()).toEqual([
        expect.objectContaining({ status: "succeeded", attempt_count: 2 }),
      ]);
    },
  );
});

describe("An event", () => {
  it.each(["crash_before", "crash_after"] as const)(
    "is told once whether or not its teller dies as it is written (%s)",
    async (kind) => {
      const { received } = await endpoint();
      deliverWith(simulation.process());
      const sweeper = simulation.process();
      const mishap = kind === "crash_after" ? { kind, ms: 0 } : { kind };
      const dying = simulation.process({ mishaps: mishapAt(0, mishap, "TransactWriteItems") });
      void chat.say(dying, "Hello!", { message_id: "the same" });
      await simulation.rest();
      expect(dying.isDead).toBe(true);
      expect(deliveries()).toHaveLength(kind === "crash_after" ? 1 : 0);
      await chat.say(simulation.process(), "Hello!", { message_id: "the same" });
      simulation.sweepEachMinute(sweeper);
      await simulation.advance(130_000);
      expect(received).toHaveLength(1);
      expect(deliveries()).toHaveLength(1);
    },
  );
});
