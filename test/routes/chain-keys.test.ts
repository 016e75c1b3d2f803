import { describe, expect, it } from "@jest/globals";
import { loopFields } from "#lib/one-of-each";
import { apiKeyFrom, hashApiKey } from "#shared/auth/api-key";
import { keys } from "#shared/table/keys";
import { allRows } from "#test/support/all-rows";
import { costOf, withLog } from "#test/support/log-lines";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const ask = (as: string) => platform.call("getTeam", { as });
const askWith = (authorization: string) => platform.call("getTeam", { headers: { authorization } });
const codeOf = ({ status, body }: Awaited<ReturnType<typeof ask>>) => [status, body.error?.code];

/** The row that admits a key's requests, as it is stored. */
const credentialOf = async (key: string) =>
  (await platform.table.get(keys.credential(hashApiKey(key)))) as unknown as { cursor_key: string };

/** A request with its cost: what came of it, and how many calls it made. */
async function costing(request: () => ReturnType<typeof ask>) {
  const { result, lines } = await withLog(request);
  return { answer: codeOf(result), ...costOf(lines) };
}

describe("A key", () => {
  it("is nowhere in the table but as its hash, its beginning and its end", async () => {
    const { id, key } = await platform.team();
    const rows = (await allRows()).filter((row) => JSON.stringify(row).includes(id));
    const text = JSON.stringify(rows);
    expect(text).not.toContain(key);
    expect(text).not.toContain(key.slice(8, -6));
    expect(text).toContain(hashApiKey(key));
    expect(rows.find(({ sk }) => sk.startsWith("API_KEY#"))).toMatchObject({
      prefix: key.slice(0, 12),
      last_four: key.slice(-4),
    });
  });

  it("stands beside the secret that signs cursors, which is in no answer and no line of the log", async () => {
    const { key } = await platform.team();
    const { cursor_key } = await credentialOf(key);
    expect(cursor_key).toMatch(/^[\w-]{43}$/);
    const { result, lines } = await withLog(async () => [
      await ask(key),
      await platform.call("createBot", { as: key, body: { name: "A" } }),
      await platform.call("createBot", { as: key, body: {} }),
      await platform.call("listBots", { as: key, query: { per_page: 1, cursor: "x" } }),
    ]);
    expect(JSON.stringify([result, lines])).not.toContain(cursor_key);
  });

  it("from before cursors were signed gets that secret with its next request, once and for good", async () => {
    const { key } = await platform.team();
    for (const name of ["A", "B"]) await platform.call("createBot", { as: key, body: { name } });
    const row = keys.credential(hashApiKey(key));
    await platform.table.update(row, { remove: ["cursor_key"] });
    const page = (query: object) =>
      platform.call("listBots", { as: key, query: { per_page: 1, ...query } });
    const [one, other] = await Promise.all([page({}), page({})]);
    const cursor = one.body.meta.next_cursor;
    expect(other.body.meta.next_cursor).toBe(cursor);
    const next = await costing(() => page({ cursor }));
    expect(next).toMatchObject({ answer: [200, undefined], writes: 1 });
    expect((await credentialOf(key)).cursor_key).toMatch(/^[\w-]{22}$/);
  });

  it.each(["Bearer KEY", "bearer KEY", "BEARER KEY", "Bearer   KEY"])(
    "is taken as %s",
    async (header) => {
      const { key } = await platform.team();
      expect((await askWith(header.replace("KEY", key))).status).toBe(200);
    },
  );

  it.each([
    "",
    "KEY",
    "Bearer",
    "Bearer ",
    "BearerKEY",
    "Basic KEY",
    "Token KEY",
    "Bearer KEY extra",
    "Bearer KEY,Bearer KEY",
    "Bearer 'KEY'",
    " Bearer KEY",
    "Bearer KEY ",
    "Bearer sk_live_",
    "Bearer sk_test_KEY",
  ])("is refused as %j, without a look into the table", async (header) => {
    const { key } = await platform.team();
    const found = await costing(() => askWith(header.replaceAll("KEY", key)));
    expect(found).toEqual({ answer: [401, "invalid_api_key"], calls: 0, reads: 0, writes: 0 });
  });

  it("is missing without the header, also when it is sent elsewhere", async () => {
    const { key } = await platform.team();
    const answers = [
      await platform.call("getTeam"),
      await platform.call("getTeam", { query: { api_key: key } }),
      await platform.call("getTeam", { headers: { "x-api-key": key } }),
      await platform.call("getTeam", { headers: { cookie: `key=${key}` } }),
    ];
    for (const answer of answers) expect(codeOf(answer)).toEqual([401, "missing_api_key"]);
  });

  it("is refused without a look into the table when any one character is mistyped", async () => {
    const { key } = await platform.team();
    const mistyped = Array.from(key, (character, place) => {
      const other = character === "x" ? "y" : "x";
      return key.slice(0, place) + other + key.slice(place + 1);
    });
    const swapped = Array.from(key.slice(9), (character, index) => {
      const place = index + 8;
      return key.slice(0, place) + character + key.charAt(place) + key.slice(place + 2);
    }).filter((other) => other !== key);
    const wrong = [
      ...mistyped,
      ...swapped,
      key.slice(0, -1),
      `${key}0`,
      key.toLowerCase(),
      "x".repeat(5_000),
    ];
    const { result, lines } = await withLog(() => Promise.all(wrong.map(ask)));
    expect(result.every(({ status }) => status === 401)).toBe(true);
    expect(costOf(lines).calls).toBe(0);
    expect((await ask(key)).status).toBe(200);
  });

  it("costs one call when it is well-formed but unknown, and then none for a minute", async () => {
    const key = apiKeyFrom(new Uint8Array(32).fill(7));
    const refused = [401, "invalid_api_key"];
    expect(await costing(() => ask(key))).toMatchObject({ answer: refused, calls: 1 });
    expect(await costing(() => ask(key))).toMatchObject({ answer: refused, calls: 0 });
    platform.advance(59_999);
    expect(await costing(() => ask(key))).toMatchObject({ answer: refused, calls: 0 });
    platform.advance(1);
    expect(await costing(() => ask(key))).toMatchObject({ answer: refused, calls: 1 });
  });

  it("stops at once when it is deleted, and is refused like one that never was", async () => {
    const { key } = await platform.team();
    expect((await ask(key)).status).toBe(200);
    await platform.table.deleteAll([keys.credential(hashApiKey(key))]);
    const gone = await ask(key);
    const never = await ask(apiKeyFrom(new Uint8Array(32).fill(9)));
    expect(codeOf(gone)).toEqual([401, "invalid_api_key"]);
    expect({ ...gone.body.error, request_id: "" }).toEqual({ ...never.body.error, request_id: "" });
    expect((await ask(key)).status).toBe(401);
  });

  it.each([
    ["getTeam", undefined],
    ["createBot", { name: "A" }],
    ["createAgentLoop", loopFields],
    ["createApiKey", { name: "A" }],
  ])("finds nothing with %s when its team has just been deleted", async (operation, body) => {
    const { id, key } = await platform.team();
    // The operator's command, before it came to the credentials.
    await platform.table.update(keys.team(id), { set: { deleted_at: "2026-03-04T05:06:00.000Z" } });
    expect(await platform.call(operation, { as: key, body })).toBeRefused(404, "not_found");
  });

  it("works until the second at which it expires and not from then on", async () => {
    const { key } = await platform.team();
    const valid_until = Math.floor(platform.clock() / 1000) + 90;
    await platform.table.update(keys.credential(hashApiKey(key)), { set: { valid_until } });
    expect((await ask(key)).status).toBe(200);
    platform.advance(89_999);
    expect((await ask(key)).status).toBe(200);
    platform.advance(1);
    const expired = await ask(key);
    expect(codeOf(expired)).toEqual([401, "expired_api_key"]);
    expect(expired.body.error.message).toBe("The API key has expired. Make a new one.");
    platform.advance(3_600_000);
    expect(codeOf(await ask(key))).toEqual([401, "expired_api_key"]);
  });

  it("costs one call when it has expired, and then none for a minute", async () => {
    const { key } = await platform.team();
    const valid_until = Math.floor(platform.clock() / 1000) - 1;
    await platform.table.update(keys.credential(hashApiKey(key)), { set: { valid_until } });
    const refused = [401, "expired_api_key"];
    expect(await costing(() => ask(key))).toMatchObject({ answer: refused, calls: 1 });
    platform.advance(59_999);
    expect(await costing(() => ask(key))).toMatchObject({ answer: refused, calls: 0 });
    platform.advance(1);
    expect(await costing(() => ask(key))).toMatchObject({ answer: refused, calls: 1 });
  });

  it("is told that it has expired also when nothing of its minute is left", async () => {
    const { key } = await platform.team("free");
    const credential = keys.credential(hashApiKey(key));
    await ask(key);
    const valid_until = Math.floor(platform.clock() / 1000) - 1;
    await platform.table.update(credential, { set: { valid_until, window_count: 60 } });
    expect(codeOf(await ask(key))).toEqual([401, "expired_api_key"]);
  });

  it("is not used up by requests that were refused with 401", async () => {
    const { key } = await platform.team("free");
    for (let count = 0; count < 5; count++) await askWith(`Basic ${key}`);
    expect((await ask(key)).headers["x-ratelimit-remaining"]).toBe("59");
  });
});
