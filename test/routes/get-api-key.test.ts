import { describe, expect, it } from "@jest/globals";
import { anApiKey } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const get = (as: string, id: string) => platform.call("getApiKey", { as, params: { id } });

describe("GET /v1/api-keys/{id}", () => {
  itRefuses("getApiKey", platform, async (as) => ({
    as,
    params: { id: (await anApiKey(platform, as)).id },
  }));

  it("shows the key as its creation did, but for its value", async () => {
    const { key } = await platform.team();
    const { key: value, ...made } = await anApiKey(platform, key, { scopes: ["bots:read"] });
    const { status, body, text } = await get(key, made.id);
    expect([status, body.data]).toEqual([200, made]);
    expect(text).not.toContain(value.slice(12, -4));
  });

  it("shows the minute in which the key was used last, after a rotation too", async () => {
    const { key } = await platform.team();
    const made = await anApiKey(platform, key);
    const last = async () => (await get(key, made.id)).body.data.last_used_at;
    expect(await last()).toBeNull();
    await platform.call("getTeam", { as: made.key });
    const used = await last();
    expect(Date.parse(used)).toBe(platform.clock() - (platform.clock() % 60_000));
    platform.advance(180_000);
    const rotate = async (grace_seconds: number) => {
      const request = { as: key, params: { id: made.id }, body: { grace_seconds } };
      return (await platform.call("rotateApiKey", request)).body.data.key as string;
    };
    await rotate(600);
    expect(await last()).toBe(used);
    platform.advance(60_000);
    // The value that is in its grace.
    await platform.call("getTeam", { as: made.key });
    const usedInGrace = await last();
    expect(Date.parse(usedInGrace) - Date.parse(used)).toBe(240_000);
    platform.advance(60_000);
    await rotate(0);
    expect(await last()).toBe(usedInGrace);
  });
});
