import { setImmediate as turn } from "node:timers/promises";
import { TransactionConflictException } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { ApiError } from "#shared/errors/api-error";
import { hearEveryone } from "#shared/runtime/announce";
import { useClock } from "#shared/runtime/clock";
import { metered, newMeter } from "#shared/runtime/meter";
import { useRandom } from "#shared/runtime/random";
import { type Timer, useTimer } from "#shared/runtime/timers";
import { overChanges } from "#shared/table/over-changes";

const realTimer: Timer = (ms, run) => {
  const timeout = setTimeout(run, ms);
  return () => clearTimeout(timeout);
};
afterEach(() => {
  useClock(Date.now);
  useRandom(Math.random);
  useTimer(realTimer);
});

/** A row with a version, as slow as a table: what is read may be old when it is written. */
function aRow() {
  let version = 0;
  let attempts = 0;
  return {
    read: () => ({ version, attempts }),
    change: async () => {
      attempts++;
      const seen = version;
      await turn();
      await turn();
      if (seen !== version) return undefined;
      version++;
      return "changed";
    },
  };
}

describe("A change over the changes of other processes", () => {
  it("is made by each of many at once", async () => {
    const row = aRow();
    const callers = Array.from({ length: 60 }, () => overChanges(["row", "a"], row.change));
    expect(new Set(await Promise.all(callers))).toEqual(new Set(["changed"]));
    expect(row.read().version).toBe(60);
  });

  it("is told after a conflict and after three refusals that what it knows is old", async () => {
    useRandom(() => 0);
    const conflicts = [true, false, false, false];
    const told: boolean[] = [];
    await overChanges(["row", "a"], async (isOld) => {
      told.push(isOld);
      if (conflicts[told.length - 1]) {
        throw new TransactionConflictException({ message: "Conflict", $metadata: {} });
      }
      return told.length === 5 ? "changed" : undefined;
    });
    expect(told).toEqual([false, true, false, true, true]);
  });

  it("throws at once what is no conflict", async () => {
    const broken = overChanges(["row", "a"], () => Promise.reject(new Error("broken")));
    await expect(broken).rejects.toThrow("broken");
  });
});

describe("A change over the changes of others in this process", () => {
  beforeAll(hearEveryone);

  it("is made by each of many at once, hardly ever tried more than twice", async () => {
    const row = aRow();
    const callers = Array.from({ length: 300 }, () => overChanges(["row", "a"], row.change));
    expect(new Set(await Promise.all(callers))).toEqual(new Set(["changed"]));
    const { version, attempts } = row.read();
    expect(version).toBe(300);
    expect(attempts).toBeLessThan(610);
  });

  it("is given up with a 503 that says when to come back", async () => {
    useRandom(() => 0);
    let attempts = 0;
    const refused = overChanges(["row", "a"], async () => {
      attempts++;
      return undefined;
    });
    await expect(refused).rejects.toMatchObject({
      code: "service_unavailable",
      message: "The row is being changed by others. Nothing was done: repeat this.",
      retryAfterSeconds: 1,
    } satisfies Partial<ApiError>);
    expect(attempts).toBe(30);
  });

  it("is told when it had to wait, and what it knows is old", async () => {
    const told: boolean[][] = [[], []];
    let isFree = false;
    const callers = told.map((mine) =>
      overChanges(["row", "a"], async (hasWaited) => {
        mine.push(hasWaited);
        await turn();
        if (mine.length === 1) return undefined;
        isFree = true;
        return "changed";
      }),
    );
    await Promise.all(callers);
    expect(isFree).toBe(true);
    expect(told).toEqual([
      [false, false],
      [true, false],
    ]);
  });

  it("waits for one that hangs until its time is over, and not for those of other rows", async () => {
    const due: (() => void)[] = [];
    useTimer((ms, run) => {
      expect(ms).toBe(2_000);
      due.push(run);
      return () => {};
    });
    let isFirst = true;
    void overChanges(["row", "a"], async () => {
      if (!isFirst) return new Promise<never>(() => {});
      isFirst = false;
      return undefined;
    });
    const row = aRow();
    const order: string[] = [];
    const changeLater = (id: string) => {
      let tried = 0;
      return overChanges(["row", id], async () => (tried++ === 0 ? undefined : row.change())).then(
        () => order.push(id),
      );
    };
    const later = changeLater("a");
    await changeLater("b");
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(order).toEqual(["b"]);
    due[0]?.();
    await later;
    expect(order).toEqual(["b", "a"]);
  });

  it("is not tried any more where the time of its request was over in line", async () => {
    let now = 1_000;
    useClock(() => now);
    const { promise: isOver, resolve: end } = Promise.withResolvers<string>();
    const first = overChanges(["row", "a"], () => isOver);
    let tried = 0;
    const second = metered({ ...newMeter(), until: 1_500 }, () =>
      overChanges(["row", "a"], async () => `${tried++}`),
    );
    now = 1_500;
    end("changed");
    await first;
    await expect(second).rejects.toMatchObject({ code: "service_unavailable" });
    expect(tried).toBe(0);
  });
});
