import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { stageNamed } from "#lib/aws/stages";
import type { Counted } from "#lib/costs/count-costs";
import { dollarsOf, idleBill } from "#lib/costs/idle-bill";
import { priceOfKeys, priceOfMillion, priceOfWaiting, secondsOf } from "#lib/costs/price";
import { prices } from "#lib/costs/prices";
import { waitedMessages } from "#lib/costs/waiting";
import { loadManifest } from "#lib/manifest";
import { rowsOf } from "../support/markdown.ts";

const memory = { usual: 512, waiting: 256 };
const nothing: Counted = {
  name: "nothing",
  isRoute: true,
  memory: "usual",
  calls: 0,
  readUnits: 0,
  writeUnits: 0,
  queueCalls: 0,
  logBytes: 0,
};

describe("the price of a million calls", () => {
  it("has what each unit costs", () => {
    const one = { ...nothing, calls: 2, readUnits: 4, writeUnits: 2, queueCalls: 1, logBytes: 800 };
    const { gateway, functions, table, queues, logs, total } = priceOfMillion(one, memory);
    expect(gateway).toBeCloseTo(1);
    // 2.2 ms of a core, of which 512 MB are 0.29, and two calls of 5 ms: half of it in GB-seconds, and the invocations.
    const seconds = (2.2 / (512 / 1_769) + 10) / 1_000;
    expect(functions).toBeCloseTo(0.2 + (1_000_000 * seconds * 0.0000133334) / 2);
    expect(table).toBeCloseTo(4 * 0.125 + 2 * 0.625);
    expect(queues).toBeCloseTo(0.5);
    // 800 bytes of its own, 200 of the gateway: 1 GB.
    expect(logs).toBeCloseTo(0.5);
    expect(total).toBeCloseTo(gateway + functions + table + queues + logs);
  });

  it("has no gateway for a worker, but the requests that feed it", () => {
    const { gateway, queues } = priceOfMillion({ ...nothing, isRoute: false }, memory);
    expect(gateway).toBe(0);
    expect(queues).toBeCloseTo(1);
  });

  it("has the same work cost the same at any memory, and waiting by the memory", () => {
    const price = (kind: Counted["memory"], waited: number) =>
      priceOfMillion({ ...nothing, memory: kind }, memory, waited).functions;
    expect(price("waiting", 0)).toBeCloseTo(price("usual", 0));
    expect(price("waiting", 3) - price("waiting", 0)).toBeCloseTo(3 * priceOfWaiting(256));
    expect(price("usual", 3) - price("usual", 0)).toBeCloseTo(3 * priceOfWaiting(512));
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
    const { waiting } = stageNamed("prod").memoryMb;
    for (const price of [priceOfKeys(waiting), priceOfWaiting(waiting)]) {
      expect(guide).toContain(`$${price.toFixed(2)}`);
    }
  });
});

describe("the price of messages whose backend takes its time", () => {
  const sent = { ...nothing, name: "sendMessage", memory: "waiting" } as const;
  const job = { ...sent, name: "inbound: conversation", isRoute: false };
  const counted = new Map([sent, job].map((one) => [one.name, one]));
  const of = (seconds: number, isHeld: boolean) => {
    const found = waitedMessages(counted, memory).find(
      (one) => one.seconds === seconds && one.isHeld === isHeld,
    );
    if (!found) throw new Error(`There is no row of ${seconds} s.`);
    return found;
  };

  const place = 0.125 + 2 * 0.625;

  it("has the worker wait for the backend, and with ?wait the route for the worker, which looks for the reply and has a place as well", () => {
    const second = priceOfWaiting(256);
    const [alone, held] = [of(2, false), of(2, true)];
    expect(alone.worker.functions - priceOfMillion(job, memory).functions).toBeCloseTo(2 * second);
    expect(alone.route.total).toBeCloseTo(priceOfMillion(sent, memory).total);
    expect(held.worker.total).toBeCloseTo(alone.worker.total);
    const longer = 2 + secondsOf(job, memory);
    expect(held.route.functions - alone.route.functions).toBeCloseTo(longer * second);
    // Growing pauses up to 0.6 s, then four looks a second, and the reply.
    expect(held.route.table).toBeCloseTo(0.125 * (8 + 6 + 1) + place);
  });

  it("has the lease renewed every 7 s, and the place with it", () => {
    expect(of(5, false).worker.table).toBeCloseTo(place);
    expect(of(10, false).worker.table).toBeCloseTo(place + 2 * 0.625);
    expect(of(10, false).worker.queues - of(5, false).worker.queues).toBeCloseTo(0.5);
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

  const sumOf = async (name: string, of: "whole" | "beyondFree") =>
    idleBill(await loadManifest(), stageNamed(name))
      .map(dollarsOf)
      .reduce((all, one) => all + one[of], 0);

  it.each([
    ["prod", 4.5, 2.6],
    ["dev", 2.4, 1.9],
  ])(
    "is less in %s than %d dollars, and than %d beyond the free tiers",
    async (name, all, rest) => {
      expect(await sumOf(name, "whole")).toBeLessThan(all);
      expect(await sumOf(name, "beyondFree")).toBeLessThan(rest);
      expect(await sumOf(name, "whole")).toBeGreaterThan(prices.keyMonth.usd);
    },
  );

  it("stands in the operations guide, item by item, and that of dev in a sentence", async () => {
    const guide = readFileSync("lib/aws/README.md", "utf8");
    const items = idleBill(await loadManifest(), stageNamed("prod"));
    const together = {
      whole: await sumOf("prod", "whole"),
      beyondFree: await sumOf("prod", "beyondFree"),
    };
    const rows = [
      ...items.map((item) => [item.name, dollarsOf(item)] as const),
      ["Together", together] as const,
    ];
    const cells = rowsOf(guide);
    for (const [name, { whole, beyondFree }] of rows) {
      const found = cells.find(([first]) => first === name)?.slice(-2);
      expect([name, found]).toEqual([name, [whole.toFixed(2), beyondFree.toFixed(2)]]);
    }
    const [whole, rest] = [await sumOf("dev", "whole"), await sumOf("dev", "beyondFree")];
    expect(guide).toContain(`$${whole.toFixed(2)}, $${rest.toFixed(2)} beyond the free tiers`);
  });
});
