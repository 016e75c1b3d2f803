import { afterEach, describe, expect, it } from "@jest/globals";
import { consume as consumeDeliveries } from "#functions/workers/deliveries/handler";
import { consume as consumeJobs } from "#functions/workers/jobs/handler";
import { Endpoints } from "#lib/simulation/events/endpoints";
import type { Mishap } from "#lib/simulation/mishaps";
import type { StoredDelivery } from "#shared/deliveries/delivery";
import { asDelivery } from "#shared/deliveries/delivery-store";
import { isoTime } from "#shared/runtime/clock";
import { createMint } from "#shared/runtime/mint";
import { keys } from "#shared/table/keys";
import { replayDeliveries } from "#shared/webhooks/replay-deliveries";
import { openSimulatedChat } from "#test/support/simulated-chat";
import {
  mishapAt,
  type SimulatedProcess,
  type Simulation,
  startSimulation,
} from "#test/support/simulation";
import { putDeliveries } from "#test/support/webhook-endpoints";

let simulation: Simulation;
afterEach(() => simulation.close());

const failed: Partial<StoredDelivery> = {
  status: "failed",
  error: "attempts_exhausted",
  attempt_count: 1,
  attempts: [
    { at: isoTime(0), status_code: 500, duration_ms: 1, response: "", error: "It failed." },
  ],
};

/** A world of its own, in which so many deliveries to an endpoint have failed and a replay of them is asked for. */
async function replayOf(count: number) {
  simulation = startSimulation();
  const chat = await openSimulatedChat(simulation);
  const { team_id } = chat;
  const endpoints = new Endpoints(simulation.world, {
    id: team_id,
    secrets: (process) => chat.deps(process).secrets,
  });
  const { id, received } = await endpoints.add({
    events: ["*"],
    receipts: [{ does: "ok", ms: 1 }],
    downMs: 0,
    changes: [],
  });
  const client = simulation.process();
  const { clock } = simulation;
  const since = isoTime(clock());
  const put = { table: client.table, clock, advance: () => {} };
  await putDeliveries(put, { id: team_id }, id, Array<Partial<StoredDelivery>>(count).fill(failed));
  await simulation.advance(count);

  const deliver = (process: SimulatedProcess) =>
    simulation.feed(
      "deliveries",
      process,
      consumeDeliveries({ ...chat.deps(process), fetch: endpoints.fetch(process) }),
    );
  const work = (process: SimulatedProcess) =>
    simulation.feed("jobs", process, consumeJobs(chat.deps(process)));
  deliver(simulation.process());
  simulation.sweepEachMinute(simulation.process());
  return {
    team_id,
    id,
    table: client.table,
    received,
    work,
    ask: () =>
      replayDeliveries(
        chat.deps(client),
        team_id,
        id,
        { since, until: undefined, event_types: undefined, all: false },
        createMint(clock()),
      ),
    /** How often each was sent, and what became of it. */
    outcome: () => {
      const times = new Map<string, number>();
      for (const one of received) times.set(one.id, (times.get(one.id) ?? 0) + 1);
      const rows = simulation.rows().flatMap((row) => (row.sk === "DELIVERY" ? [row] : []));
      const statuses = new Set(rows.map((row) => asDelivery(row)?.status));
      return { events: times.size, most: Math.max(0, ...times.values()), statuses: [...statuses] };
    },
    /** Whether the job has ended. */
    isOver: () => simulation.rows().some(({ sk, due_at }) => sk === "REPLAY" && !due_at),
  };
}

const once = (count: number) => ({ events: count, most: 1, statuses: ["succeeded"] });

describe("A replay", () => {
  it("sends a thousand, each once", async () => {
    const { ask, work, outcome, isOver } = await replayOf(1_000);
    work(simulation.process());
    expect(await ask()).toEqual({ replayed: 1_000 });
    await simulation.advance(30_000);
    expect(outcome()).toEqual(once(1_000));
    expect(isOver()).toBe(true);
  });

  it.each<[string, Mishap]>([
    ["before it is made", { kind: "crash_before" }],
    ["when it is made", { kind: "crash_after", ms: 0 }],
  ])("sends each once, whichever call its worker dies at, %s", async (_, mishap) => {
    for (let at = 0; ; at++) {
      const { ask, work, outcome, isOver } = await replayOf(4);
      const dying = simulation.process({ mishaps: mishapAt(at, mishap) });
      work(simulation.process());
      work(dying);
      await ask();
      await simulation.advance(10 * 60_000);
      expect([at, outcome(), isOver()]).toEqual([at, once(4), true]);
      if (!dying.isDead) {
        // It claims, reads the list, the endpoint and the rows, arms four, wakes, notes and ends.
        expect(at).toBeGreaterThanOrEqual(10);
        return;
      }
      simulation.close();
    }
  });

  it.each([30, 180, 333, 560])(
    "goes on where it had come when its worker dies among many, at call %i",
    async (at) => {
      const { ask, work, outcome, isOver } = await replayOf(600);
      const dying = simulation.process({ mishaps: mishapAt(at, { kind: "crash_before" }) });
      const next = simulation.process();
      work(next);
      work(dying);
      await ask();
      await simulation.advance(5 * 60_000);
      expect(dying.isDead).toBe(true);
      expect(outcome()).toEqual(once(600));
      expect(isOver()).toBe(true);
      // What was noted is not read again: a hundred at the most.
      const armed = next.calls.filter((operation) => operation === "UpdateItem").length;
      expect(armed).toBeLessThan(600 - Math.floor(at / 104) * 100 + 20);
    },
  );

  it("sends each once though its worker freezes past its lease and comes back", async () => {
    const { ask, work, outcome } = await replayOf(200);
    const mishaps = mishapAt(40, { kind: "stall_before", ms: 30_000 });
    work(simulation.process());
    work(simulation.process({ mishaps }));
    await ask();
    await simulation.advance(5 * 60_000);
    expect(outcome()).toEqual(once(200));
  });

  it.each<[string, "delete" | "disable"]>([
    ["is deleted", "delete"],
    ["is disabled", "disable"],
  ])("ends when its endpoint %s", async (_, does) => {
    const { team_id, id, table, ask, work, received, isOver } = await replayOf(300);
    await ask();
    const key = keys.webhook(team_id, id);
    if (does === "delete") await table.delete(key);
    else await table.update(key, { set: { status: "disabled", disabled_reason: "by_request" } });
    work(simulation.process());
    await simulation.advance(120_000);
    expect(received).toEqual([]);
    expect(isOver()).toBe(true);
    const stored = simulation.rows().flatMap((row) => (row.sk === "DELIVERY" ? [row] : []));
    expect(stored.every(({ status, due_at }) => status === "failed" && !due_at)).toBe(true);
  });

  it("does not arm again what somebody retried since", async () => {
    const { ask, work, outcome, received } = await replayOf(3);
    await ask();
    for (const row of simulation.rows()) {
      if (row.sk !== "DELIVERY") continue;
      await simulation
        .process()
        .table.update(row, { set: { retry_id: "req_7zzzzzzzzzzzzzzzzzzzzzzzzz" } });
    }
    work(simulation.process());
    await simulation.advance(60_000);
    expect(received).toEqual([]);
    expect(outcome().statuses).toEqual(["failed"]);
  });
});
