import { expect, it } from "@jest/globals";
import { createTeamPlaces, onShareOf } from "#shared/outbound/team-share";

const call = { timeout_ms: 5_000 };
const host = "a.example";

it("lets a team have so many calls open, and another as many", async () => {
  const take = createTeamPlaces(2);
  const leave = await onShareOf("a", () => take(host, call));
  await onShareOf("a", () => take(host, call));
  const third = onShareOf("a", () => take(host, call));
  const order: string[] = [];
  void third.then(() => order.push("third of a"));

  await onShareOf("b", () => take(host, call));
  order.push("first of b");
  leave();
  await third;

  expect(order).toEqual(["first of b", "third of a"]);
});

it("gives places on in the order of asking", async () => {
  const take = createTeamPlaces(1);
  const leave = await take(host, call);
  const order: number[] = [];
  const waiting = [1, 2, 3].map(async (n) => {
    const done = await take(host, call);
    order.push(n);
    done();
  });
  leave();
  await Promise.all(waiting);

  expect(order).toEqual([1, 2, 3]);
});

it("lets nobody wait longer than his call may last, or than he likes", async () => {
  const take = createTeamPlaces(1);
  const leave = await take(host, call);
  const stopping = new AbortController();
  const stopped = take(host, { ...call, signal: stopping.signal });
  stopping.abort();

  await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  await expect(take(host, { timeout_ms: 10 })).rejects.toMatchObject({
    code: "timeout",
    message: "The call to a.example could not begin in time: 1 calls of the team are open.",
  });
  leave();
  (await take(host, call))();
});
