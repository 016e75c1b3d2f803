import { describe, expect, it } from "@jest/globals";
import { equals } from "#shared/table/condition";
import type { Parts } from "#shared/table/table";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

let count = 0;
const key = () => ({ pk: `TEST#${++count}`, sk: "ROW" });

describe("A transaction", () => {
  it("tells which parts refused, by their names, with what stood in the way", async () => {
    const { table } = platform;
    const [taken, gone, free] = [key(), key(), key()];
    await table.putIfAbsent({ ...taken, n: 1 });
    const outcome = await table.transact({
      taken: { putIfAbsent: { ...taken, n: 2 } },
      gone: { update: gone, change: { set: { n: 2 } } },
      free: { putIfAbsent: { ...free, n: 2 } },
    });
    expect(outcome).toEqual({
      applied: false,
      failed: { taken: { item: { ...taken, n: 1 } }, gone: { item: undefined } },
    });
    expect(await table.get(free)).toBeUndefined();
  });

  it("joins the parts of two makers, and leaves out what is undefined", async () => {
    const { table } = platform;
    const [one, other] = [key(), key()];
    const own = { one: { putIfAbsent: { ...one, n: 1 } }, none: undefined };
    expect(await table.transact(own, { other: { putIfAbsent: { ...other, n: 2 } } })).toEqual({
      applied: true,
    });
    expect(await table.batchGet([one, other])).toMatchObject([{ n: 1 }, { n: 2 }]);
  });

  it("tells which of the parts that joined it refused", async () => {
    const { table } = platform;
    const withIt: Parts = { guard: { check: key(), condition: equals("n", 1) } };
    const outcome = await table.transact({ own: { putIfAbsent: { ...key() } } }, withIt);
    expect(outcome).toEqual({ applied: false, failed: { guard: { item: undefined } } });
  });

  it("throws when two makers use one name, and writes nothing", async () => {
    const { table } = platform;
    const [one, other] = [key(), key()];
    const twins = table.transact({ row: { putIfAbsent: one } }, { row: { putIfAbsent: other } });
    await expect(twins).rejects.toThrow("Two parts of a transaction have the name row.");
    expect(await table.batchGet([one, other])).toEqual([undefined, undefined]);
  });
});
