import { describe, expect, it } from "@jest/globals";
import { hashApiKey } from "#shared/auth/api-key";
import { keys } from "#shared/table/keys";
import { anApiKey } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { rowsLeftOf } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const remove = (as: string, id: string) => platform.call("deleteApiKey", { as, params: { id } });
const statusOf = async (as: string) => (await platform.call("getTeam", { as })).status;

/** A team with its first key's id. */
async function aTeam() {
  const team = await platform.team();
  const { body } = await platform.call("getTeam", { as: team.key });
  return { ...team, firstId: String(body.data.api_key.id) };
}

describe("DELETE /v1/api-keys/{id}", () => {
  itRefuses("deleteApiKey", platform, async (as) => ({
    as,
    params: { id: (await anApiKey(platform, as)).id },
  }));

  it("ends the key at once, with all of its values and rows, and answers 404 the second time", async () => {
    const { key } = await platform.team();
    const made = await anApiKey(platform, key);
    const params = { id: made.id };
    const body = { grace_seconds: 600 };
    const rotated = await platform.call("rotateApiKey", { as: key, params, body });
    const values = [made.key, String(rotated.body.data.key)];
    for (const value of values) expect(await statusOf(value)).toBe(200);
    const answer = await remove(key, made.id);
    expect([answer.status, answer.body]).toEqual([200, { data: { id: made.id, deleted: true } }]);
    for (const value of values) expect(await statusOf(value)).toBe(401);
    expect(await rowsLeftOf(made.id)).toEqual([]);
    expect((await remove(key, made.id)).status).toBe(404);
  });

  it("lets a key delete itself", async () => {
    const { key } = await platform.team();
    const made = await anApiKey(platform, key);
    expect((await remove(made.key, made.id)).status).toBe(200);
    expect(await statusOf(made.key)).toBe(401);
  });

  it("keeps the last key that has admin and no end, and says what to do", async () => {
    const { key, firstId } = await aTeam();
    await anApiKey(platform, key, { scopes: ["bots:read"] });
    await anApiKey(platform, key, { expires_at: "2030-01-01T00:00:00Z" });
    const refused = await remove(key, firstId);
    expect(refused).toBeRefused(409, "conflict");
    expect(refused.body.error.message).toContain("Make another such key first.");
    expect(await statusOf(key)).toBe(200);
    const other = await anApiKey(platform, key, { scopes: ["admin"] });
    expect((await remove(key, firstId)).status).toBe(200);
    expect(await remove(other.key, other.id)).toBeRefused(409, "conflict");
  });

  it("keeps one of them also when all are deleted at once", async () => {
    const { key, firstId } = await aTeam();
    const made = [{ id: firstId, key }];
    for (let count = 0; count < 4; count++) made.push(await anApiKey(platform, key));
    const reader = await anApiKey(platform, key, { expires_at: "2030-01-01T00:00:00Z" });
    const answers = await Promise.all(made.map(({ id }) => remove(reader.key, id)));
    const statuses = answers.map(({ status }) => status).toSorted((one, other) => one - other);
    expect(statuses).toEqual([200, 200, 200, 200, 409]);
    const { body } = await platform.call("listApiKeys", { as: reader.key });
    expect(body.meta.total).toBe(2);
  });

  it("is done once when it is asked for many times at once", async () => {
    const { key } = await platform.team();
    const { id } = await anApiKey(platform, key);
    const answers = await Promise.all(Array.from({ length: 5 }, () => remove(key, id)));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 404, 404, 404, 404,
    ]);
  });

  it("leaves no value of a key that is rotated meanwhile", async () => {
    const { key } = await platform.team();
    for (let round = 0; round < 5; round++) {
      const made = await anApiKey(platform, key);
      const params = { id: made.id };
      const rotate = () =>
        platform.call("rotateApiKey", { as: key, params, body: { grace_seconds: 60 } });
      const [rotated, removed] = await Promise.all([rotate(), remove(key, made.id)]);
      expect(removed.status).toBe(200);
      const values = [made.key, ...(rotated.status === 200 ? [rotated.body.data.key] : [])];
      for (const value of values) {
        expect(await platform.table.get(keys.credential(hashApiKey(value)))).toBeUndefined();
      }
    }
  });

  it("gives the place of the key to another", async () => {
    const { key } = await platform.team();
    const made: string[] = [];
    for (let count = 1; count < 50; count++) made.push((await anApiKey(platform, key)).id);
    const create = () => platform.call("createApiKey", { as: key, body: { name: "One more" } });
    expect(await create()).toBeRefused(409, "conflict");
    await remove(key, made[0]!);
    expect((await create()).status).toBe(201);
  });
});
