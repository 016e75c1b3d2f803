import { beforeEach, describe, expect, it } from "@jest/globals";
import { aBotOf } from "#test/support/case-channel";
import { telegram as one } from "#test/support/channel-cases";
import type { Answer } from "#test/support/fake-backend";
import { heldPlaces, takePlaces } from "#test/support/held-places";
import { botToken, useTelegram } from "#test/support/telegram-channel";
import { usePlatform } from "#test/support/test-platform";

// Of 64 functions slow requests have 48.
const [functions, all] = [64, 48];
const platform = usePlatform({ functions });
const telegram = useTelegram();

/** A platform that never answers, and that tells when it was asked. */
function hangs() {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const answer: Answer = async () => resolve();
  telegram.fake.misbehave(answer);
  return begun;
}

const minute = 60_000;
const takeAll = () => takePlaces(platform, all, platform.clock() + minute);
const takeSecond = () => platform.advance(1_000);

/** What a request comes to whose platform hangs, when a second has passed. */
async function afterSecond<T>(begun: Promise<void>, asking: Promise<T>): Promise<T> {
  await begun;
  takeSecond();
  return asking;
}

beforeEach(() => platform.advance(2 * minute));

describe("a channel whose platform hangs while no request may wait any longer", () => {
  it("is made as pending within a second, and connected by the worker", async () => {
    const bot = await aBotOf(platform, one);
    await takeAll();
    const { status, body } = await afterSecond(hangs(), bot.create());
    expect(status).toBe(201);
    expect(body.data).toMatchObject({
      status: "pending",
      status_reason: expect.stringMatching(/Telegram|platform/),
    });
    // It is not asked again by the request.
    expect(telegram.fake.calls.filter(({ name }) => name === "setWebhook")).toEqual([]);
    platform.advance(minute);
    await platform.settle();
    expect(await bot.read(body.data.id)).toMatchObject({ status: "connected" });
  });

  it("is pending with its other credentials within a second, and connected by the worker", async () => {
    const bot = await aBotOf(platform, one);
    const { id } = (await bot.create()).body.data;
    await takeAll();
    const patch = { credentials: { bot_token: botToken } };
    const { status, body } = await afterSecond(hangs(), bot.call("updateChannel", id, patch));
    expect([status, body.data.status]).toEqual([200, "pending"]);
    platform.advance(minute);
    await platform.settle();
    expect(await bot.read(id)).toMatchObject({ status: "connected" });
  });

  it("is shown within a second with what was known of it", async () => {
    const bot = await aBotOf(platform, one);
    const { id, health } = (await bot.create()).body.data;
    platform.advance(minute);
    await takeAll();
    expect(health.ok).toBe(true);
    expect(await afterSecond(hangs(), bot.read(id))).toMatchObject({ status: "connected", health });
  });

  it("has a place where one is free, for as long as it waits", async () => {
    const bot = await aBotOf(platform, one);
    const { id } = (await bot.create()).body.data;
    platform.advance(minute);
    const begun = hangs();
    const reading = bot.read(id);
    await begun;
    takeSecond();
    while ((await heldPlaces(platform)).length !== 1) await platform.lookForWait(1);
    platform.advance(4_000);
    expect((await reading).health).toMatchObject({ ok: false, problems: [{ code: "timeout" }] });
    expect(await heldPlaces(platform)).toEqual([]);
  });
});
