import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { type ClockedWorker, createSweeperClock } from "#lib/local/sweeper-clock";
import type { Timer } from "#shared/runtime/timers";

/** Timers that go off when told. */
function manualTimer() {
  const set = new Map<() => void, number>();
  const timer: Timer = (ms, run) => {
    set.set(run, ms);
    return () => set.delete(run);
  };
  const goOff = () => {
    const due = [...set.keys()];
    set.clear();
    for (const run of due) run();
  };
  return { timer, goOff, set };
}

const worker = (handler: ClockedWorker["handler"]): ClockedWorker => ({
  name: "sweep",
  everyMinutes: 1,
  timeoutSeconds: 55,
  handler,
});

// Failures are provoked here; their log lines would only frighten.
beforeEach(() => void jest.spyOn(process.stdout, "write").mockReturnValue(true));
afterEach(() => void jest.restoreAllMocks());

describe("the sweeper's clock", () => {
  it("runs its workers once at the start, before anything else, and then each minute", async () => {
    const { timer, goOff, set } = manualTimer();
    const events: unknown[] = [];
    const clock = createSweeperClock([worker(async (event) => events.push(event))], timer);
    await clock.begin(true);
    expect(events[0]).toEqual({ start: "free leases" });
    await clock.idle();
    clock.start();
    expect([...set.values()]).toEqual([60_000]);
    goOff();
    await clock.idle();
    goOff();
    await clock.idle();
    expect(events).toEqual([{ start: "free leases" }, { start: "send" }, {}, {}]);
  });

  it("has begun when leases are free: nothing waits for what is sent then", async () => {
    const sent = Promise.withResolvers<void>();
    const events: unknown[] = [];
    const clock = createSweeperClock([
      worker(async (event) => {
        events.push(event);
        if (events.length === 2) await sent.promise;
      }),
    ]);
    await clock.begin(true);
    sent.resolve();
    await clock.idle();
    expect(events).toEqual([{ start: "free leases" }, { start: "send" }]);
  });

  it("leaves a run out while the one before is still at work", async () => {
    const { timer, goOff } = manualTimer();
    const ended = Promise.withResolvers<void>();
    let runs = 0;
    const clock = createSweeperClock(
      [
        worker(() => {
          runs += 1;
          return ended.promise;
        }),
      ],
      timer,
    );
    clock.start();
    goOff();
    goOff();
    expect(runs).toBe(1);
    ended.resolve();
    await clock.idle();
    goOff();
    expect(runs).toBe(2);
  });

  it("goes on after a run that failed", async () => {
    const { timer, goOff } = manualTimer();
    let runs = 0;
    const clock = createSweeperClock(
      [
        worker(async () => {
          runs += 1;
          throw new Error("broken");
        }),
      ],
      timer,
    );
    await clock.begin(true);
    clock.start();
    goOff();
    await clock.idle();
    expect(runs).toBe(2);
  });

  it("starts nothing more when it was told to refuse", () => {
    const { timer, set } = manualTimer();
    const clock = createSweeperClock([worker(async () => undefined)], timer);
    clock.start();
    clock.refuse();
    expect(set.size).toBe(0);
  });
});
