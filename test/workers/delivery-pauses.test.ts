import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { answers, type FakeBackend, startFakeBackend } from "#test/support/fake-backend";
import { aLoop } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
let receiver: FakeBackend;
let key: string;
beforeEach(async () => {
  receiver = await startFakeBackend();
  ({ key } = await platform.team());
});
afterEach(() => receiver.close());

const hour = 3_600_000;
const later = (ms: number) => new Date(platform.clock() + ms).toUTCString();

/** Has a delivery fail once with this header, and gives how long its next attempt waits. */
async function pauseAfter(retryAfter: string): Promise<number> {
  receiver.answer(answers.status(503, { "retry-after": retryAfter }), answers.status(200));
  const { id } = await aLoop(platform, key, { callback: { url: receiver.url } });
  const run = await platform.call("runAgentLoop", { as: key, params: { id } });
  await platform.settle();
  const ask = async (operation: string, of: string) =>
    (await platform.call(operation, { as: key, params: { id: of } })).body.data;
  const { callback_delivery_id } = await ask("getExecution", run.body.data.id);
  const { next_attempt_at } = await ask("getDelivery", callback_delivery_id);
  return Date.parse(next_attempt_at) - platform.clock();
}

describe("A receiver that says when to come again", () => {
  it("is waited for to the second for as long as a day", async () => {
    expect(await pauseAfter("86400")).toBe(24 * hour);
    expect(await pauseAfter(later(23 * hour))).toBe(23 * hour);
  });

  it("is asked again after a day when it wants more", async () => {
    expect(await pauseAfter("86401")).toBe(24 * hour);
    expect(await pauseAfter("9".repeat(30))).toBe(24 * hour);
    expect(await pauseAfter(later(48 * hour))).toBe(24 * hour);
  });

  it("is given the usual five seconds when it wants less or says what is no time", async () => {
    for (const value of ["0", "1", later(-hour), "soon", "-1"]) {
      const pause = await pauseAfter(value);
      expect(pause).toBeGreaterThanOrEqual(4_000);
      expect(pause).toBeLessThanOrEqual(6_000);
    }
  });
});
