import { describe, expect, it } from "@jest/globals";
import { createApiKeyStore } from "#shared/api-keys/api-key-store";
import { Scope } from "#shared/auth/scopes";
import { deleteTeam } from "#shared/erasure/delete-team";
import { createMint } from "#shared/runtime/mint";
import { setPlan } from "#shared/teams/set-plan";
import { createTeamStore } from "#shared/teams/team-store";
import { liveWork } from "#shared/work/live-work";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { withLog } from "#test/support/log-lines";
import { anApiKey } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { rowsWith } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const create = (as: string, fields: object = {}, headers: Record<string, string> = {}) =>
  platform.call("createApiKey", { as, body: { name: "Deployment", ...fields }, headers });
const ask = (as: string) => platform.call("getTeam", { as });
const total = async (as: string) =>
  (await platform.call("listApiKeys", { as })).body.meta.total as number;
const inSeconds = (seconds: number) => new Date(platform.clock() + seconds * 1_000).toISOString();
const once = { "idempotency-key": "once" };

const stores = () => ({
  teams: createTeamStore(platform.table),
  apiKeys: createApiKeyStore(platform.table),
});

describe("POST /v1/api-keys", () => {
  itRefuses("createApiKey", platform, async (as) => ({ as, body: { name: "Deployment" } }));

  it("makes a key with every scope and no end, and says where it is", async () => {
    const { id: team, key } = await platform.team();
    const { status, headers, body } = await create(key);
    const { id, key: value } = body.data;
    expect([status, headers["location"]]).toEqual([201, `/v1/api-keys/${id}`]);
    expect(body.data).toEqual({
      id: expect.stringMatching(/^key_/),
      name: "Deployment",
      scopes: [...Scope.options],
      prefix: value.slice(0, 12),
      last_four: value.slice(-4),
      expires_at: null,
      last_used_at: null,
      created_at: inSeconds(0),
      updated_at: inSeconds(0),
      key: expect.stringMatching(/^sk_live_\w{38}$/),
    });
    const asked = await ask(value);
    expect(asked.body.data).toMatchObject({ id: team, api_key: { id } });
  });

  it("makes a key that may do what it was given and no more", async () => {
    const { key } = await platform.team();
    const scopes = ["conversations:read", "bots:read", "bots:read"];
    const { body } = await create(key, { scopes });
    expect(body.data.scopes).toEqual(["bots:read", "conversations:read"]);
    expect((await platform.call("listBots", { as: body.data.key })).status).toBe(200);
    expect(await create(body.data.key)).toBeRefused(403, "insufficient_scope");
  });

  it("makes a key that goes on behind cursors of the other", async () => {
    const { key } = await platform.team();
    for (const name of ["A", "B"]) await platform.call("createBot", { as: key, body: { name } });
    const first = await platform.call("listBots", { as: key, query: { per_page: 1 } });
    const { key: other } = await anApiKey(platform, key);
    const query = { per_page: 1, cursor: first.body.meta.next_cursor };
    expect((await platform.call("listBots", { as: other, query })).status).toBe(200);
  });

  it("shows the value in this answer and never again", async () => {
    const { result, lines } = await withLog(async () => {
      const { key } = await platform.team();
      const { body } = await create(key, {}, once);
      const params = { id: body.data.id };
      const later = [
        await platform.call("getApiKey", { as: key, params }),
        await platform.call("listApiKeys", { as: key }),
        await ask(body.data.key),
      ];
      return { value: body.data.key as string, later };
    });
    const secret = result.value.slice(12, -4);
    expect(await rowsWith(secret)).toEqual([]);
    expect(result.later.filter(({ text }) => text.includes(secret))).toEqual([]);
    expect(JSON.stringify(lines)).not.toContain(secret);
  });

  it.each([
    ["no name", { name: undefined }, "body.name", "Required."],
    ["a long name", { name: "a".repeat(101) }, "body.name", "Must be 1 to 100 characters long."],
    ["no scope at all", { scopes: [] }, "body.scopes", "Must name at least one scope."],
    ["an unknown scope", { scopes: ["bots"] }, "body.scopes.0", "Must be"],
    ["an end that is over", { expires_at: "2020-01-01T00:00:00Z" }, "body.expires_at", "Must lie"],
    ["an end that is no time", { expires_at: "tomorrow" }, "body.expires_at", "Must be a time"],
    ["an unknown field", { admin: true }, "body.admin", "There is no such field."],
  ])("refuses %s and points at it", async (_, fields, path, message) => {
    const { key } = await platform.team();
    const answer = await create(key, fields);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([
      { path, message: expect.stringContaining(message) },
    ]);
    expect(await total(key)).toBe(1);
  });

  describe("with an end", () => {
    it("makes a key that works until that second and not from then on", async () => {
      const { key } = await platform.team();
      const { body } = await create(key, { expires_at: inSeconds(90.5) });
      expect(body.data.expires_at).toBe(inSeconds(90));
      platform.advance(89_999);
      expect((await ask(body.data.key)).status).toBe(200);
      platform.advance(1);
      expect(await ask(body.data.key)).toBeRefused(401, "expired_api_key");
      expect(await total(key)).toBe(2);
    });

    it("refuses this very second, which would be over at once", async () => {
      const { key } = await platform.team();
      platform.advance(500);
      const refused = await create(key, { expires_at: inSeconds(0.4) });
      expect(refused.body.error.details).toMatchObject([{ path: "body.expires_at" }]);
    });

    it.each([{}, { expires_at: null }])(
      "ends with the key that makes it when it is given none (%j)",
      async (fields) => {
        const { key } = await platform.team();
        const mortal = await anApiKey(platform, key, { expires_at: inSeconds(60) });
        const made = await anApiKey(platform, mortal.key, fields);
        expect(made.expires_at).toBe(mortal.expires_at);
        platform.advance(60_000);
        expect(await ask(made.key)).toBeRefused(401, "expired_api_key");
      },
    );

    it("refuses one later than the end of the key that makes it", async () => {
      const { key } = await platform.team();
      const mortal = await anApiKey(platform, key, { expires_at: inSeconds(60) });
      const later = await create(mortal.key, { expires_at: inSeconds(61) });
      expect(later).toBeRefused(422, "validation_error");
      expect(later.body.error.details).toEqual([
        { path: "body.expires_at", message: expect.stringContaining(mortal.expires_at ?? "") },
      ]);
      expect((await create(mortal.key, { expires_at: inSeconds(60) })).status).toBe(201);
    });

    it("ends with the value that makes it when that is in its grace", async () => {
      const { key } = await platform.team();
      const old = await anApiKey(platform, key);
      const body = { grace_seconds: 30 };
      await platform.call("rotateApiKey", { as: key, params: { id: old.id }, body });
      const { expires_at } = await anApiKey(platform, old.key);
      expect(expires_at).toBe(
        new Date(Math.floor(platform.clock() / 1_000 + 30) * 1_000).toISOString(),
      );
    });
  });

  describe("beside the operator", () => {
    it("makes a key of the plan that the team has, also when that changes meanwhile", async () => {
      for (let round = 0; round < 10; round++) {
        const { id, key } = await platform.team("free");
        const mint = createMint(platform.clock());
        const plan = setPlan(stores(), id, "pro", mint);
        const [made] = await Promise.all([anApiKey(platform, key), plan]);
        expect((await ask(made.key)).headers["x-ratelimit-limit"]).toBe("300");
      }
    });

    it("leaves no key of a team that is deleted meanwhile", async () => {
      for (let round = 0; round < 10; round++) {
        const { id, key } = await platform.team();
        const deps = { ...liveWork(), ...stores() };
        const [made] = await Promise.all([
          create(key),
          deleteTeam(deps, id, createMint(platform.clock())),
        ]);
        const values = [key, ...(made.status === 201 ? [made.body.data.key] : [])];
        for (const value of values) expect((await ask(value)).status).toBe(401);
      }
    });
  });

  describe("with an Idempotency-Key", () => {
    it("makes one key and shows the same value again", async () => {
      const { key } = await platform.team();
      const first = await create(key, {}, once);
      platform.advance(3_600_000);
      const again = await create(key, {}, once);
      expect([again.status, again.headers["idempotent-replayed"]]).toEqual([201, "true"]);
      expect(again.body).toEqual(first.body);
      expect(await total(key)).toBe(2);
    });

    it("shows the value to no other API key", async () => {
      const { key } = await platform.team();
      const other = await anApiKey(platform, key);
      const first = await create(key, {}, once);
      const refused = await create(other.key, {}, once);
      expect(refused).toBeRefused(422, "idempotency_key_reused");
      expect(refused.text).not.toContain(first.body.data.key);
    });

    it("makes one key of many requests at once", async () => {
      const { key } = await platform.team();
      const answers = await Promise.all(Array.from({ length: 10 }, () => create(key, {}, once)));
      expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
      expect(await total(key)).toBe(2);
    });

    it.each(["connection_lost", "answer_lost"] as const)(
      "makes one key wherever it dies on its way (%s)",
      async (loses) => {
        const calls = await dyingAtEachCall(platform, loses, async () => {
          const { key } = await platform.team();
          return {
            run: () => create(key, {}, once),
            check: async (first, again) => {
              expect(again.status).toBe(201);
              if (first.status === 201) expect(again.body).toEqual(first.body);
              expect((await ask(again.body.data.key)).status).toBe(200);
              expect(await total(key)).toBe(2);
            },
          };
        });
        expect(calls).toBeGreaterThanOrEqual(6);
      },
    );

    it("does not count itself when it is repeated at the limit", async () => {
      const { key } = await platform.team();
      for (let count = 1; count < 49; count++) await anApiKey(platform, key);
      platform.faults = ({ operation, input }) =>
        operation === "UpdateItem" && JSON.stringify(input).includes("#IDEMPOTENCY#")
          ? { kind: "connection_lost" }
          : undefined;
      const { result: first } = await withLog(() => create(key, {}, once));
      platform.faults = undefined;
      platform.advance(60_000);
      const again = await create(key, {}, once);
      expect([again.status, again.body]).toEqual([201, first.body]);
      expect(await create(key)).toBeRefused(409, "conflict");
    });
  });
});
