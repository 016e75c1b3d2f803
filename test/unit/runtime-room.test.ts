import { describe, expect, it } from "@jest/globals";
import { createRoom, createSharedRoom } from "#shared/runtime/room";

const never = new AbortController().signal;

/** Asks for room, and writes down who got it. */
function asker(total: number) {
  const take = createRoom(total);
  const got: string[] = [];
  const ask = async (name: string, amount: number, signal = never) => {
    const giveBack = await take(amount, signal);
    got.push(name);
    return giveBack;
  };
  return { got, ask };
}
const soon = () => new Promise((resolve) => setImmediate(resolve));

describe("Room", () => {
  it("is given as long as there is some, and then in the order of asking", async () => {
    const { got, ask } = asker(10);
    const first = await ask("a", 6);
    await ask("b", 4);
    const third = ask("c", 5);
    const fourth = ask("d", 1);
    await soon();
    expect(got).toEqual(["a", "b"]);
    first();
    await Promise.all([third, fourth]);
    expect(got).toEqual(["a", "b", "c", "d"]);
  });

  it("is given back in part, and once", async () => {
    const { got, ask } = asker(10);
    const first = await ask("a", 8);
    first(3);
    await ask("b", 7);
    const third = ask("c", 3);
    first(5);
    await soon();
    expect(got).toEqual(["a", "b"]);
    first();
    first();
    await third;
    const fourth = ask("d", 1);
    await soon();
    expect(got).toEqual(["a", "b", "c"]);
    (await third)();
    await fourth;
  });

  it("lets nobody past who waits for more", async () => {
    const { got, ask } = asker(10);
    const first = await ask("a", 6);
    const large = ask("large", 10);
    const small = ask("small", 1);
    await soon();
    expect(got).toEqual(["a"]);
    first();
    (await large)();
    await small;
    expect(got).toEqual(["a", "large", "small"]);
  });

  it("is given whole to who wants more than there is", async () => {
    const { got, ask } = asker(10);
    const all = await ask("a", 1_000);
    const next = ask("b", 1);
    await soon();
    expect(got).toEqual(["a"]);
    all();
    await next;
  });

  it("is not waited for any more once the signal ends, which lets in who comes after", async () => {
    const { got, ask } = asker(10);
    await ask("a", 5);
    const stop = new AbortController();
    const large = ask("large", 10, stop.signal);
    const small = ask("small", 5);
    stop.abort(new Error("Too late."));
    await expect(large).rejects.toThrow("Too late.");
    await small;
    await expect(ask("late", 1, stop.signal)).rejects.toThrow("Too late.");
    expect(got).toEqual(["a", "small"]);
  });
});

describe("Room that several share", () => {
  function asker(total: number, each: number) {
    const take = createSharedRoom(total, each);
    const got: string[] = [];
    const ask = async (name: string, amount: number, signal = never) => {
      const giveBack = await take(name.charAt(0), amount, signal);
      got.push(name);
      return giveBack;
    };
    return { got, ask };
  }

  it("is not kept from one by all that another asks for", async () => {
    const { got, ask } = asker(10, 6);
    const first = await ask("a1", 6);
    const second = ask("a2", 6);
    const third = ask("a3", 1_000);
    await ask("b1", 4);
    expect(got).toEqual(["a1", "b1"]);
    first();
    await second;
    expect(got).toEqual(["a1", "b1", "a2"]);
    (await second)();
    await third;
  });

  it("is given back in part, and once", async () => {
    const { got, ask } = asker(10, 6);
    const first = await ask("a1", 6);
    first(2);
    const second = await ask("a2", 4);
    const other = ask("b1", 5);
    await soon();
    expect(got).toEqual(["a1", "a2"]);
    first();
    first();
    await other;
    const third = ask("a3", 3);
    await soon();
    expect(got).toEqual(["a1", "a2", "b1"]);
    second();
    await third;
  });

  it("is given back by who ends while waiting for a part or for the whole", async () => {
    const { ask } = asker(10, 6);
    const first = await ask("a1", 6);
    await ask("b1", 1);
    const stop = new AbortController();
    const ofPart = ask("a2", 1, stop.signal);
    const ofWhole = ask("b2", 5, stop.signal);
    stop.abort(new Error("Too late."));
    await expect(ofPart).rejects.toThrow("Too late.");
    await expect(ofWhole).rejects.toThrow("Too late.");
    first();
    await Promise.all([ask("a3", 4), ask("b3", 5)]);
  });
});
