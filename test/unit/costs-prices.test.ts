import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { stageNamed } from "#lib/aws/stages";
import { dollarsOf, idleBill } from "#lib/costs/idle-bill";
import { priceOfKeys, priceOfMillion, priceOfWaiting } from "#lib/costs/price";
import { prices } from "#lib/costs/prices";
import { loadManifest } from "#lib/manifest";
import { rowsOf } from "../support/markdown.ts";

const memory = { routes: 512, workers: 1024 };
const nothing = {
  name: "nothing",
  isRoute: true,
  calls: 0,
  readUnits: 0,
  writeUnits: 0,
  queueCalls: 0,
  logBytes: 0,
};

describe("the price of a million calls", () => {
  it("has what each unit costs", () => {
    const one = { ...nothing, calls: 2, readUnits: 4, writeUnits: 2, queueCalls: 1, logBytes: 670 };
    const { gateway, functions, table, queues, logs, total } = priceOfMillion(one, memory);
    expect(gateway).toBeCloseTo(1);
    // 14 ms at half a GB: 7,000 GB-seconds, and the invocations.
    expect(functions).toBeCloseTo(0.2 + 7_000 * 0.0000133334);
    expect(table).toBeCloseTo(4 * 0.125 + 2 * 0.625);
    expect(queues).toBeCloseTo(0.5);
    // 670 bytes of its own, 330 of the gateway: 1 GB.
    expect(logs).toBeCloseTo(0.5);
    expect(total).toBeCloseTo(gateway + functions + table + queues + logs);
  });

  it("has no gateway for a worker, but the requests that feed it", () => {
    const { gateway, queues } = priceOfMillion({ ...nothing, isRoute: false }, memory);
    expect(gateway).toBe(0);
    expect(queues).toBeCloseTo(1);
  });

  it("counts waiting as the memory held meanwhile", () => {
    expect(priceOfWaiting(1024)).toBeCloseTo(13.33);
    expect(priceOfWaiting(512)).toBeCloseTo(6.67);
  });
});

describe("the price of keys that are opened again", () => {
  it("is a request to KMS, a read of the table and the time of both", () => {
    expect(priceOfKeys(1024)).toBeCloseTo(3 + 0.125 + 0.01 * 13.33);
  });

  it("stands in the operations guide, beside that of waiting", () => {
    const guide = readFileSync("lib/aws/README.md", "utf8");
    const { routes, workers } = stageNamed("prod").memoryMb;
    for (const price of [priceOfKeys(workers), priceOfWaiting(routes), priceOfWaiting(workers)]) {
      expect(guide).toContain(`$${price.toFixed(2)}`);
    }
  });
});

describe("the bill of a month without a request", () => {
  it("is paid for beyond what is free alone", () => {
    const price = { usd: 2, per: "thing", free: 10, page: "" };
    expect(dollarsOf({ name: "things", quantity: 15, price })).toEqual({
      whole: 30,
      beyondFree: 10,
    });
    expect(dollarsOf({ name: "things", quantity: 5, price }).beyondFree).toBe(0);
  });

  it("is less than 3 dollars beyond the free tiers, and less than 8 without them", async () => {
    const items = idleBill(await loadManifest(), memory).map(dollarsOf);
    const sum = (of: "whole" | "beyondFree") => items.reduce((all, one) => all + one[of], 0);
    expect(sum("beyondFree")).toBeLessThan(3);
    expect(sum("whole")).toBeLessThan(8);
    expect(sum("whole")).toBeGreaterThan(prices.keyMonth.usd);
  });

  it("stands in the operations guide, item by item", async () => {
    const { memoryMb } = stageNamed("prod");
    const items = idleBill(await loadManifest(), memoryMb);
    const dollars = items.map(dollarsOf);
    const sum = (of: "whole" | "beyondFree") => dollars.reduce((all, one) => all + one[of], 0);
    const rows = [
      ...items.map((item) => [item.name, dollarsOf(item)] as const),
      ["Together", { whole: sum("whole"), beyondFree: sum("beyondFree") }] as const,
    ];
    const cells = rowsOf(readFileSync("lib/aws/README.md", "utf8"));
    for (const [name, { whole, beyondFree }] of rows) {
      const found = cells.find(([first]) => first === name)?.slice(-2);
      expect([name, found]).toEqual([name, [whole.toFixed(2), beyondFree.toFixed(2)]]);
    }
  });
});
