import { describe, expect, it } from "@jest/globals";
import { countCallsFor, createCallSlots } from "#shared/outbound/call-slots";

const call = { timeout_ms: 5_000 };
const limits = (calls: number) => ({ calls, bytes: 10, bytesOfAll: 15 });
const never = new AbortController().signal;
const host = "a.example";

it("lets a team have so many calls open, and another as many", async () => {
  const open = createCallSlots(limits(2));
  const first = await countCallsFor("a", "chats", () => open(host, call));
  await countCallsFor("a", "chats", () => open(host, call));
  const third = countCallsFor("a", "chats", () => open(host, call));
  const order: string[] = [];
  void third.then(() => order.push("third of a"));

  await countCallsFor("b", "chats", () => open(host, call));
  order.push("first of b");
  first.close();
  await third;

  expect(order).toEqual(["first of b", "third of a"]);
});

it("counts the calls of a team apart for each purpose", async () => {
  const open = createCallSlots(limits(1));
  await countCallsFor("a", "chats", () => open(host, call));
  await expect(countCallsFor("a", "callbacks", () => open(host, call))).resolves.toBeDefined();
});

it("opens no call that was stopped before", async () => {
  const open = createCallSlots(limits(1));
  const first = await open(host, call);
  const stopped = open(host, { timeout_ms: 60_000, signal: AbortSignal.abort() });
  await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  first.close();
});

it("opens waiting calls in the order of asking", async () => {
  const open = createCallSlots(limits(1));
  const first = await open(host, call);
  const order: number[] = [];
  const waiting = [1, 2, 3].map(async (n) => {
    const slot = await open(host, call);
    order.push(n);
    slot.close();
  });
  first.close();
  await Promise.all(waiting);

  expect(order).toEqual([1, 2, 3]);
});

it("lets nobody wait longer than his call may last, or than he likes", async () => {
  const open = createCallSlots(limits(1));
  const first = await open(host, call);
  const stopping = new AbortController();
  const stopped = open(host, { ...call, signal: stopping.signal });
  stopping.abort();

  await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  await expect(open(host, { timeout_ms: 10 })).rejects.toMatchObject({
    code: "timeout",
    message: "The call to a.example could not begin in time: 1 calls of the team are open.",
  });
  first.close();
  (await open(host, call)).close();
});

describe("Room for large answers", () => {
  /** Opens calls, and writes down which of them got room. */
  function opener() {
    const open = createCallSlots(limits(9));
    const got: string[] = [];
    const take = async (name: string, bytes: number, signal = never) => {
      const slot = await countCallsFor(name.charAt(0), "chats", () => open(host, call));
      const taken = slot.takeRoom(bytes, signal).then(() => got.push(name));
      return { taken, close: slot.close };
    };
    return { got, take };
  }

  it("is a team's own up to its share, so that another's call need not wait", async () => {
    const { got, take } = opener();
    const first = await take("a1", 8);
    const second = await take("a2", 8);
    await (
      await take("b1", 7)
    ).taken;
    expect(got).toEqual(["a1", "b1"]);
    first.close();
    await second.taken;
    expect(got).toEqual(["a1", "b1", "a2"]);
  });

  it("is bounded for all together", async () => {
    const { got, take } = opener();
    const first = await take("a1", 9);
    const second = await take("b1", 9);
    await first.taken;
    expect(got).toEqual(["a1"]);
    first.close();
    await second.taken;
    expect(got).toEqual(["a1", "b1"]);
  });

  it("is given back by calls that end while they wait for it", async () => {
    const { take } = opener();
    const first = await take("a1", 9);
    const stopping = new AbortController();
    const ofTeam = await take("a2", 9, stopping.signal);
    const ofAll = await take("b1", 9, stopping.signal);
    stopping.abort();
    await expect(ofTeam.taken).rejects.toBe(stopping.signal.reason);
    await expect(ofAll.taken).rejects.toBe(stopping.signal.reason);
    for (const one of [ofTeam, ofAll, first]) one.close();
    await Promise.all([(await take("a3", 9)).taken, (await take("b2", 6)).taken]);
  });
});
