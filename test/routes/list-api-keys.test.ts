import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { costOf, withLog } from "#test/support/log-lines";
import { anApiKey } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const minute = 60_000;

const list = (as: string, query: Readonly<Record<string, string | number>> = {}) =>
  platform.call("listApiKeys", { as, query });

describe("GET /v1/api-keys", () => {
  itRefuses("listApiKeys", platform, async (as) => ({ as }));

  it("shows the team's keys newest first, without anything that could be used as one", async () => {
    const { key } = await platform.team();
    const { key: foreign } = await platform.team();
    await anApiKey(platform, foreign);
    platform.advance(1_000);
    const { key: value, ...made } = await anApiKey(platform, key);
    const answer = await list(key);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual([
      made,
      expect.objectContaining({ name: "First key", last_four: key.slice(-4), expires_at: null }),
    ]);
    expect(Object.keys(answer.body.data[1])).toEqual(Object.keys(made));
    for (const one of [value, key]) expect(answer.text).not.toContain(one.slice(12, -4));
  });

  it("shows each once over its pages", async () => {
    const { key } = await platform.team();
    const made: string[] = [];
    for (const name of ["A", "B"]) {
      platform.advance(1);
      made.push((await anApiKey(platform, key, { name })).id);
    }
    const first = await list(key, { per_page: 2 });
    const second = await list(key, { per_page: 2, cursor: first.body.meta.next_cursor });
    const names = [...first.body.data, ...second.body.data].map(({ name }) => name);
    expect([first.body.meta.total, names]).toEqual([3, ["B", "A", "First key"]]);
  });

  it("shows the minute of each one's last admitted request", async () => {
    const { key } = await platform.team("free");
    platform.advance(1);
    const other = await anApiKey(platform, key, { scopes: ["bots:read"] });
    const lastUses = async () =>
      (await list(key)).body.data.map(({ last_used_at }: { last_used_at: string }) => last_used_at);
    const thisMinute = () => new Date(platform.clock() - (platform.clock() % minute)).toISOString();
    expect(await lastUses()).toEqual([null, thisMinute()]);
    platform.advance(minute + 1_234);
    const used = thisMinute();
    // Admitted, though the scope is not enough.
    await list(other.key);
    platform.advance(5 * minute);
    expect(await lastUses()).toEqual([used, thisMinute()]);
  });

  it("shows a key from before keys could end as one without an end", async () => {
    const { id, key } = await platform.team();
    const { body } = await platform.call("getTeam", { as: key });
    const row = keys.apiKey(id, body.data.api_key.id);
    await platform.table.update(row, { remove: ["expires_at"] });
    expect((await list(key)).body.data).toMatchObject([{ expires_at: null }]);
    const again = await platform.call("getTeam", { as: key });
    expect(again.body.data.api_key.expires_at).toBeNull();
  });

  it("takes three calls, however many keys there are", async () => {
    const { key } = await platform.team();
    const calls = async () => costOf((await withLog(() => list(key))).lines).calls;
    const ofOne = await calls();
    for (let count = 0; count < 20; count++) await anApiKey(platform, key);
    expect([ofOne, await calls()]).toEqual([3, 3]);
  });
});
