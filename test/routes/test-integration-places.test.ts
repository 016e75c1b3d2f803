import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { heldPlaces } from "#test/support/held-places";
import { type TestAnswer, usePlatform } from "#test/support/test-platform";
import { testedWebhook } from "#test/support/tested-webhook";

// Of 64 functions slow requests have 48; of these a team has 16, and one bot of it 12.
const [functions, ofBot] = [64, 12];
const platform = usePlatform({ functions });
const backend = useFakeBackend();

let late: ReturnType<typeof held>;
beforeEach(() => {
  late = held(answers.json({ content: "At last." }));
  backend.answer(late.answer);
});

const takeSecond = () => platform.advance(1_000);
const places = () => heldPlaces(platform);

/** As many tests of one backend, which has been asked: so far nobody is answered. */
async function testing(count: number) {
  const { test } = await testedWebhook(platform, backend);
  const before = backend.requests.length;
  const answered: TestAnswer[] = [];
  const all = Array.from({ length: count }, async () => answered.push(await test()));
  await backend.received(before + count);
  expect(answered).toEqual([]);
  return { all: Promise.all(all), answered };
}

async function until(isSo: () => Promise<boolean>) {
  while (!(await isSo())) await sleep(5);
}

const spread = async ({ answered }: { answered: readonly TestAnswer[] }, count: number) =>
  until(async () => answered.length + (await places()).length >= count);

describe("POST /v1/integrations/{id}/test, when many backends hang", () => {
  it("holds those that have a place after a second, and tells others at once to come again", async () => {
    const count = ofBot + 5;
    const tests = await testing(count);
    takeSecond();
    await spread(tests, count);
    const early = [...tests.answered];
    // Who met three that others had just taken is among those.
    expect(early.length).toBeGreaterThanOrEqual(5);
    expect(early.length).toBeLessThan(count);
    for (const answer of early) {
      expect(answer).toBeRefused(429, "rate_limit_exceeded");
      expect(answer.headers["retry-after"]).toBe("5");
      expect(answer.body.error.message).toMatch(/did not answer within a second.*Repeat/);
    }
    late.release();
    await tests.all;
    const done = tests.answered.slice(early.length).map(({ body }) => body.data.content);
    expect(done).toEqual(Array.from({ length: count - early.length }, () => "At last."));
    expect(await places()).toEqual([]);
  });

  it("leaves places to another team", async () => {
    const count = ofBot + 5;
    const first = await testing(count);
    takeSecond();
    await spread(first, count);
    const taken = await places();
    const other = await testing(1);
    takeSecond();
    await until(async () => (await places()).length === taken.length + 1);
    late.release();
    await Promise.all([first.all, other.all]);
    expect(other.answered[0]!.body.data).toMatchObject({ ok: true, content: "At last." });
  });

  it("takes no place for one that answers within a second", async () => {
    const { test } = await testedWebhook(platform, backend);
    late.release();
    const asked: string[] = [];
    platform.faults = ({ input }) => {
      const text = JSON.stringify(input);
      if (text.includes("WORKER#")) asked.push(text);
      return undefined;
    };
    expect((await test()).body.data.ok).toBe(true);
    takeSecond();
    await sleep(20);
    expect(asked).toEqual([]);
  });

  it("lets a repeat with the same Idempotency-Key try again", async () => {
    const { test } = await testedWebhook(platform, backend);
    platform.faults = ({ operation, input }) =>
      operation === "Query" && JSON.stringify(input).includes("WORKER#waits")
        ? { kind: "connection_lost" as const }
        : undefined;
    const once = { "idempotency-key": "once" };
    const first = test({}, once);
    await backend.received(1);
    takeSecond();
    expect(await first).toBeRefused(429, "rate_limit_exceeded");
    platform.faults = undefined;
    late.release();
    expect((await test({}, once)).body.data).toMatchObject({ ok: true, content: "At last." });
    const ids = backend.requests.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(1);
  });
});
