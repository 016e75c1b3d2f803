import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { loadRest } from "#lib/local/route-functions";
import { stop } from "#shared/runtime/stopping";
import { withLog } from "#test/support/log-lines";

describe("functions that nobody has called", () => {
  let turn = 0;
  let next: NodeJS.Immediate;
  beforeAll(() => {
    const count = () => {
      turn += 1;
      next = setImmediate(count);
    };
    count();
  });
  afterAll(() => clearImmediate(next));

  it("are loaded each in a turn of its own, so that others come in between", async () => {
    const turns: number[] = [];
    await loadRest(["a", "b", "c"], async () => turns.push(turn));
    expect(new Set(turns).size).toBe(3);
  });

  it("are loaded also behind one that cannot be, which is logged", async () => {
    const loaded: string[] = [];
    const { lines } = await withLog(() =>
      loadRest(["a", "b"], async (folder) => {
        if (folder === "a") throw new Error("a is broken.");
        loaded.push(folder);
      }),
    );
    expect(loaded).toEqual(["b"]);
    expect(lines).toMatchObject([{ event: "function_failed", functionName: "a" }]);
  });

  it("stay away when the process stops", async () => {
    const loaded: string[] = [];
    await loadRest(["a", "b", "c"], async (folder) => {
      loaded.push(folder);
      stop();
    });
    expect(loaded).toEqual(["a"]);
  });
});
