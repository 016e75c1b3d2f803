import { describe, expect, it } from "@jest/globals";
import { hashApiKey } from "#shared/auth/api-key";
import { keys } from "#shared/table/keys";
import { newChainInstance } from "#test/support/chain-instance";
import { costOf, withLog } from "#test/support/log-lines";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const minute = 60_000;
const hour = 60 * minute;
const ask = (as: string) => platform.call("getTeam", { as });
const askTimes = (as: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => ask(as)));
const admitted = (answers: readonly { status?: number; statusCode?: number }[]) =>
  answers.filter(({ status, statusCode }) => (status ?? statusCode) === 200).length;
const atNextWindow = () => platform.advance(minute - (platform.clock() % minute));

/** The calls to the table that authenticating takes: getTeam itself reads twice. */
async function callsToAuthenticate(as: string): Promise<number> {
  const { result, lines } = await withLog(() => ask(as));
  return costOf(lines).calls - (result.status === 200 ? 2 : 0);
}

describe("The limit of a key", () => {
  it("admits exactly so many of 200 requests at once", async () => {
    const { key } = await platform.team("free");
    const answers = await askTimes(key, 200);
    expect(admitted(answers)).toBe(60);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]));
    const left = answers
      .filter(({ status }) => status === 200)
      .map(({ headers }) => Number(headers["x-ratelimit-remaining"]));
    expect(new Set(left)).toEqual(new Set(Array.from({ length: 60 }, (_, index) => index)));
  });

  it("is one limit, however many instances of the chain a key's requests reach", async () => {
    const { key } = await platform.team("free");
    const instances: Awaited<ReturnType<typeof newChainInstance>>[] = [];
    for (let count = 0; count < 5; count++) {
      instances.push(await newChainInstance(platform, platform.clock));
    }
    const round = () =>
      Promise.all(
        Array.from({ length: 200 }, (_, index) => instances[index % instances.length]!(key)),
      );
    expect(admitted(await round())).toBe(60);
    expect(admitted(await round())).toBe(0);
    platform.advance(minute);
    expect(admitted(await round())).toBe(60);
  });

  it("is one limit for instances whose clocks are seconds apart at the turn of a window", async () => {
    const { key } = await platform.team("free");
    atNextWindow();
    platform.advance(-2_000);
    const ahead = await newChainInstance(platform, () => platform.clock() + 5_000);
    const behind = await newChainInstance(platform, platform.clock);
    const round = () =>
      Promise.all(
        Array.from({ length: 150 }, (_, index) => (index % 2 === 0 ? ahead(key) : behind(key))),
      );
    // The window of the clock that is ahead has begun: both count in it.
    expect(admitted(await round())).toBe(60);
    platform.advance(2_000);
    expect(admitted(await round())).toBe(0);
    platform.advance(minute - 2_000);
    expect(admitted(await round())).toBe(60);
  });

  it("is each key's own", async () => {
    const team = await platform.team("free");
    const other = await team.keyWith("bots:read");
    await askTimes(team.key, 61);
    expect((await ask(team.key)).status).toBe(429);
    expect((await ask(other)).status).toBe(200);
  });

  it("is full again when the next window begins, and not before", async () => {
    const { key } = await platform.team("free");
    atNextWindow();
    platform.advance(10_500);
    await askTimes(key, 60);
    const refused = await ask(key);
    const reset = Number(refused.headers["x-ratelimit-reset"]);
    expect(reset * 1000).toBe(platform.clock() + 49_500);
    expect(refused.headers["retry-after"]).toBe("50");
    expect(refused.body.error.message).toBe(
      "The key has used its 60 requests of this minute. Try again in 50 s.",
    );
    platform.advance(49_499);
    const last = await ask(key);
    expect([last.status, last.headers["retry-after"]]).toEqual([429, "1"]);
    platform.advance(1);
    const next = await ask(key);
    expect([next.status, next.headers["x-ratelimit-remaining"]]).toEqual([200, "59"]);
    expect(Number(next.headers["x-ratelimit-reset"])).toBe(reset + 60);
  });

  it("carries nothing over from a window that was not used", async () => {
    const { key } = await platform.team("free");
    platform.advance(10 * minute);
    expect(admitted(await askTimes(key, 100))).toBe(60);
  });

  it("counts requests that end in an error, but refuses without changing anything", async () => {
    const { key } = await platform.team("free");
    const create = () => platform.call("createBot", { as: key, body: { name: "A" } });
    await Promise.all(
      Array.from({ length: 59 }, () => platform.call("createBot", { as: key, body: {} })),
    );
    expect((await create()).status).toBe(201);
    expect((await create()).status).toBe(429);
    platform.advance(minute);
    expect((await platform.call("listBots", { as: key })).body.meta.total).toBe(1);
  });

  it("is never exceeded when the answers of the table are lost and calls are repeated", async () => {
    const { key } = await platform.team("free");
    let updates = 0;
    platform.faults = ({ operation }) =>
      operation === "UpdateItem" && ++updates % 3 === 0 ? { kind: "answer_lost" } : undefined;
    const { result } = await withLog(() => askTimes(key, 150));
    const count = admitted(result);
    expect(count).toBeLessThanOrEqual(60);
    expect(count).toBeGreaterThan(30);
    const credential = await platform.table.get(keys.credential(hashApiKey(key)));
    expect(credential?.["window_count"]).toBe(60);
  });
});

describe("The cost of authenticating", () => {
  it("is one call of one write unit in the steady state, in each window, for busy and sporadic keys", async () => {
    const { key } = await platform.team("pro");
    expect(await callsToAuthenticate(key)).toBe(1);
    for (let count = 0; count < 5; count++) {
      const { lines } = await withLog(() => ask(key));
      expect(costOf(lines)).toEqual({ calls: 3, reads: 2, writes: 1 });
    }
    platform.advance(minute);
    expect(await callsToAuthenticate(key)).toBe(1);
    expect(await callsToAuthenticate(key)).toBe(1);
    platform.advance(25 * hour);
    expect(await callsToAuthenticate(key)).toBe(1);
  });

  it("is nothing for a key that is over its limit, until the window ends", async () => {
    const { key } = await platform.team("free");
    atNextWindow();
    await askTimes(key, 60);
    expect(await callsToAuthenticate(key)).toBe(1);
    for (let count = 0; count < 3; count++) {
      platform.advance(19_000);
      expect(await callsToAuthenticate(key)).toBe(0);
    }
    platform.advance(3_000);
    expect(await callsToAuthenticate(key)).toBe(1);
    expect((await ask(key)).status).toBe(200);
  });
});

describe("An instance of the chain", () => {
  it("refuses from its own memory what it has seen refused, and looks for itself at first", async () => {
    const { key } = await platform.team("free");
    atNextWindow();
    const one = await newChainInstance(platform, platform.clock);
    const two = await newChainInstance(platform, platform.clock);
    for (let count = 0; count < 61; count++) await one(key);
    let calls = 0;
    platform.faults = () => {
      calls++;
      return undefined;
    };
    const callsOf = async (instance: typeof one) => {
      calls = 0;
      expect((await instance(key)).statusCode).toBe(429);
      return calls;
    };
    expect(await callsOf(one)).toBe(0);
    expect(await callsOf(two)).toBe(1);
    expect(await callsOf(two)).toBe(0);
  });
});

describe("A clock that is set back", () => {
  it("does not lock a key out", async () => {
    const { key } = await platform.team("free");
    await askTimes(key, 10);
    platform.advance(-2 * hour);
    const { status, headers } = await ask(key);
    expect([status, headers["x-ratelimit-remaining"]]).toEqual([200, "59"]);
    expect(Number(headers["x-ratelimit-reset"]) * 1000).toBeGreaterThan(platform.clock());
    expect(Number(headers["x-ratelimit-reset"]) * 1000 - platform.clock()).toBeLessThanOrEqual(
      minute,
    );
    expect(admitted(await askTimes(key, 100))).toBe(59);
    platform.advance(2 * hour);
    expect((await ask(key)).status).toBe(200);
  });

  it("does not lock a key out that was over its limit", async () => {
    const { key } = await platform.team("free");
    await askTimes(key, 61);
    expect((await ask(key)).status).toBe(429);
    platform.advance(-2 * hour);
    expect((await ask(key)).status).toBe(200);
    platform.advance(2 * hour);
  });

  it("does not give a window twice when it is set back by seconds", async () => {
    const { key } = await platform.team("free");
    atNextWindow();
    platform.advance(1_000);
    expect(admitted(await askTimes(key, 30))).toBe(30);
    platform.advance(-5_000);
    expect(admitted(await askTimes(key, 100))).toBe(30);
    expect((await ask(key)).status).toBe(429);
    platform.advance(5_000);
    expect((await ask(key)).status).toBe(429);
    platform.advance(minute);
    expect((await ask(key)).status).toBe(200);
  });
});
