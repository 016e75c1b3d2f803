import { expect, it } from "@jest/globals";
import { countCallsFor, createCallSlots } from "#shared/outbound/call-slots";

const call = { timeout_ms: 5_000 };
const host = "a.example";

it("lets a team have so many calls open, and another as many", async () => {
  const open = createCallSlots(2);
  const leave = await countCallsFor("a", "chats", () => open(host, call));
  await countCallsFor("a", "chats", () => open(host, call));
  const third = countCallsFor("a", "chats", () => open(host, call));
  const order: string[] = [];
  void third.then(() => order.push("third of a"));

  await countCallsFor("b", "chats", () => open(host, call));
  order.push("first of b");
  leave();
  await third;

  expect(order).toEqual(["first of b", "third of a"]);
});

it("counts the calls of a team apart for each purpose", async () => {
  const open = createCallSlots(1);
  await countCallsFor("a", "chats", () => open(host, call));
  const close = await countCallsFor("a", "callbacks", () => open(host, call));
  expect(close).toBeInstanceOf(Function);
});

it("opens no call that was stopped before", async () => {
  const open = createCallSlots(1);
  const close = await open(host, call);
  const stopped = open(host, { timeout_ms: 60_000, signal: AbortSignal.abort() });
  await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  close();
});

it("opens waiting calls in the order of asking", async () => {
  const open = createCallSlots(1);
  const leave = await open(host, call);
  const order: number[] = [];
  const waiting = [1, 2, 3].map(async (n) => {
    const done = await open(host, call);
    order.push(n);
    done();
  });
  leave();
  await Promise.all(waiting);

  expect(order).toEqual([1, 2, 3]);
});

it("lets nobody wait longer than his call may last, or than he likes", async () => {
  const open = createCallSlots(1);
  const leave = await open(host, call);
  const stopping = new AbortController();
  const stopped = open(host, { ...call, signal: stopping.signal });
  stopping.abort();

  await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  await expect(open(host, { timeout_ms: 10 })).rejects.toMatchObject({
    code: "timeout",
    message: "The call to a.example could not begin in time: 1 calls of the team are open.",
  });
  leave();
  (await open(host, call))();
});
