import { describe, expect, it } from "@jest/globals";
import { createApiKeyStore } from "#shared/api-keys/api-key-store";
import { deleteTeam } from "#shared/erasure/delete-team";
import { createMint } from "#shared/runtime/mint";
import { setPlan } from "#shared/teams/set-plan";
import { createTeamStore } from "#shared/teams/team-store";
import { liveWork } from "#shared/work/live-work";
import { allRows } from "#test/support/all-rows";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { withLog } from "#test/support/log-lines";
import { anApiKey } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { rowsWith } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const rotate = (as: string, id: string, body?: object, headers: Record<string, string> = {}) =>
  platform.call("rotateApiKey", { as, params: { id }, body, headers });
const ask = (as: string) => platform.call("getTeam", { as });
const codeOf = async (as: string) => {
  const { status, body } = await ask(as);
  return body.error?.code ?? status;
};
const inSeconds = (seconds: number) => new Date(platform.clock() + seconds * 1_000).toISOString();
const credentialsOf = async (id: string) =>
  (await allRows("API_KEY_HASH#")).filter((row) => row["key_id"] === id);
const once = { "idempotency-key": "once" };

/** A team with a key that asks, and another one, a second old. */
async function aKey(fields: object = {}) {
  const team = await platform.team();
  const made = await anApiKey(platform, team.key, fields);
  platform.advance(1_000);
  return { team, as: team.key, made, first: made.key, id: made.id };
}

const stores = () => ({
  teams: createTeamStore(platform.table),
  apiKeys: createApiKeyStore(platform.table),
});

describe("POST /v1/api-keys/{id}/rotate", () => {
  itRefuses("rotateApiKey", platform, async (as) => ({
    as,
    params: { id: (await anApiKey(platform, as)).id },
  }));

  it("answers with the key and its new value, and ends the old one at once", async () => {
    const { as, made, first, id } = await aKey({ scopes: ["bots:read"] });
    const { status, body } = await rotate(as, id);
    const value = body.data.key;
    expect([status, body.data]).toEqual([
      200,
      {
        ...made,
        prefix: value.slice(0, 12),
        last_four: value.slice(-4),
        updated_at: inSeconds(0),
        key: expect.stringMatching(/^sk_live_\w{38}$/),
      },
    ]);
    expect(value).not.toBe(first);
    expect([await codeOf(first), await codeOf(value)]).toEqual(["invalid_api_key", 200]);
    const { key: _, ...shown } = body.data;
    const read = await platform.call("getApiKey", { as, params: { id } });
    expect(read.body.data).toEqual({ ...shown, last_used_at: expect.any(String) });
    expect(await credentialsOf(id)).toHaveLength(1);
  });

  it("has the old value work until the second in which the grace ends", async () => {
    const { as, first, id } = await aKey();
    const { body } = await rotate(as, id, { grace_seconds: 60 });
    platform.advance(59_999);
    expect([await codeOf(first), await codeOf(body.data.key)]).toEqual([200, 200]);
    platform.advance(1);
    expect([await codeOf(first), await codeOf(body.data.key)]).toEqual(["expired_api_key", 200]);
  });

  it("keeps two values at most: rotated again, the one in its grace ends at once", async () => {
    const { as, first, id } = await aKey();
    const second = (await rotate(as, id, { grace_seconds: 600 })).body.data.key;
    const third = (await rotate(as, id, { grace_seconds: 600 })).body.data.key;
    const codes = await Promise.all([first, second, third].map(codeOf));
    expect(codes).toEqual(["invalid_api_key", 200, 200]);
    expect(await credentialsOf(id)).toHaveLength(2);
    const fourth = (await rotate(as, id)).body.data.key;
    expect(await credentialsOf(id)).toHaveLength(1);
    expect([await codeOf(third), await codeOf(fourth)]).toEqual(["invalid_api_key", 200]);
  });

  it.each([-1, 604_801, 1.5, "60"])("refuses a grace of %j", async (grace_seconds) => {
    const { as, first, id } = await aKey();
    const refused = await rotate(as, id, { grace_seconds });
    expect(refused).toBeRefused(422, "validation_error");
    expect(refused.body.error.details).toMatchObject([{ path: "body.grace_seconds" }]);
    expect(await codeOf(first)).toBe(200);
  });

  it("shows the value in this answer and never again", async () => {
    const { result: value, lines } = await withLog(async () => {
      const { as, id } = await aKey();
      return (await rotate(as, id, { grace_seconds: 60 }, once)).body.data.key as string;
    });
    expect(await rowsWith(value.slice(12, -4))).toEqual([]);
    expect(JSON.stringify(lines)).not.toContain(value.slice(12, -4));
  });

  it("goes on in the minute that is used up", async () => {
    const { as, first, id } = await aKey();
    for (let count = 0; count < 5; count++) await ask(first);
    const { key } = (await rotate(as, id)).body.data;
    expect((await ask(key)).headers["x-ratelimit-remaining"]).toBe("994");
  });

  it("rotates once for each of several requests at the same moment", async () => {
    const { as, id } = await aKey();
    const grace = { grace_seconds: 60 };
    const answers = await Promise.all(Array.from({ length: 4 }, () => rotate(as, id, grace)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const codes = await Promise.all(answers.map(({ body }) => codeOf(body.data.key)));
    expect(codes.filter((code) => code === 200)).toHaveLength(2);
    expect(await credentialsOf(id)).toHaveLength(2);
  });

  it("keeps the last use of a value that is used while it ends", async () => {
    const { as, first, id } = await aKey();
    await rotate(as, id, { grace_seconds: 600 });
    // Ten seconds before the next minute, which begins during the request.
    platform.advance((110_000 - (platform.clock() % 60_000)) % 60_000);
    let use: Promise<unknown> | undefined;
    let isUsed = false;
    platform.faults = ({ operation }) => {
      if (operation !== "TransactWriteItems" || isUsed) return undefined;
      if (!use) {
        platform.advance(20_000);
        use = ask(first).then(() => {
          isUsed = true;
        });
      }
      return { kind: "conflict" };
    };
    expect((await rotate(as, id)).status).toBe(200);
    const read = await platform.call("getApiKey", { as, params: { id } });
    const { last_used_at } = read.body.data;
    expect(Date.parse(last_used_at)).toBe(platform.clock() - (platform.clock() % 60_000));
  });

  describe("of a key with an end", () => {
    it("keeps the end, for the value in its grace too", async () => {
      const { as, first, id, made } = await aKey({ expires_at: inSeconds(61) });
      const { body } = await rotate(as, id, { grace_seconds: 3_600 });
      expect(body.data.expires_at).toBe(made.expires_at);
      platform.advance(60_000);
      expect([await codeOf(first), await codeOf(body.data.key)]).toEqual([
        "expired_api_key",
        "expired_api_key",
      ]);
    });

    it("is refused once it has ended", async () => {
      const { as, id } = await aKey({ expires_at: inSeconds(61) });
      platform.advance(60_000);
      const refused = await rotate(as, id);
      expect(refused).toBeRefused(409, "conflict");
      expect(refused.body.error.message).toContain("has expired");
    });

    it("lets it rotate itself, and no key that lives longer", async () => {
      const { team, first, id, made } = await aKey({ expires_at: inSeconds(61) });
      const longer = await anApiKey(platform, team.key, { expires_at: inSeconds(3_600) });
      for (const other of [longer, await anApiKey(platform, team.key)]) {
        const refused = await rotate(first, other.id);
        expect(refused).toBeRefused(409, "conflict");
        expect(refused.body.error.message).toContain(made.expires_at ?? "");
        expect(await codeOf(other.key)).toBe(200);
      }
      expect((await rotate(first, id)).status).toBe(200);
    });
  });

  it("gives no new value to one that is in its grace", async () => {
    const { as, first, id } = await aKey();
    const { key } = (await rotate(as, id, { grace_seconds: 60 })).body.data;
    expect(await rotate(first, id)).toBeRefused(409, "conflict");
    expect(await codeOf(key)).toBe(200);
  });

  it("leaves a team its last key with admin and without an end", async () => {
    const { id, key } = await platform.team();
    const own = (await ask(key)).body.data.api_key.id;
    const { body } = await rotate(key, own, { grace_seconds: 60 });
    expect(body.data.expires_at).toBeNull();
    const params = { id: own };
    expect(await platform.call("deleteApiKey", { as: key, params })).toBeRefused(409, "conflict");
    platform.advance(60_000);
    expect((await ask(body.data.key)).body.data).toMatchObject({ id, api_key: { id: own } });
  });

  describe("beside the operator", () => {
    it("gives a value of the plan that the team has, also when that changes meanwhile", async () => {
      for (let round = 0; round < 10; round++) {
        const { as, team, first, id } = await aKey();
        const [{ body }] = await Promise.all([
          rotate(as, id, { grace_seconds: 60 }),
          setPlan(stores(), team.id, "pro", createMint(platform.clock())),
        ]);
        for (const value of [first, body.data.key]) {
          expect((await ask(value)).headers["x-ratelimit-limit"]).toBe("300");
        }
      }
    });

    it("leaves no value of a team that is deleted meanwhile", async () => {
      for (let round = 0; round < 10; round++) {
        const { as, team, id, first } = await aKey();
        const deps = { ...liveWork(), ...stores() };
        const [rotated] = await Promise.all([
          rotate(as, id, { grace_seconds: 60 }),
          deleteTeam(deps, team.id, createMint(platform.clock())),
        ]);
        const values = [as, first, ...(rotated.status === 200 ? [rotated.body.data.key] : [])];
        for (const value of values) expect(await codeOf(value)).toBe("invalid_api_key");
      }
    });
  });

  describe("with an Idempotency-Key", () => {
    it("rotates once and shows the same value again", async () => {
      const { as, id } = await aKey();
      const first = await rotate(as, id, { grace_seconds: 60 }, once);
      const again = await rotate(as, id, { grace_seconds: 60 }, once);
      expect([again.status, again.headers["idempotent-replayed"]]).toEqual([200, "true"]);
      expect(again.body).toEqual(first.body);
    });

    it("shows its value again while that lives, when another request has rotated meanwhile", async () => {
      const { as, id } = await aKey();
      platform.faults = ({ operation, input }) =>
        operation === "UpdateItem" && JSON.stringify(input).includes("#IDEMPOTENCY#")
          ? { kind: "connection_lost" }
          : undefined;
      const { result: first } = await withLog(() => rotate(as, id, {}, once));
      platform.faults = undefined;
      platform.advance(60_000);
      const later = (await rotate(as, id, { grace_seconds: 600 })).body.data.key;
      const { key, prefix, last_four } = first.body.data;
      const again = await rotate(as, id, {}, once);
      expect(again.body.data).toMatchObject({ key, prefix, last_four });
      expect([await codeOf(key), await codeOf(later)]).toEqual([200, 200]);
    });

    it("shows the new value again to the old one in its grace", async () => {
      const { key } = await platform.team();
      const own = (await ask(key)).body.data.api_key.id;
      const first = await rotate(key, own, { grace_seconds: 60 }, once);
      const again = await rotate(key, own, { grace_seconds: 60 }, once);
      expect(again.body).toEqual(first.body);
    });

    it.each(["connection_lost", "answer_lost"] as const)(
      "rotates once wherever it dies on its way (%s)",
      async (loses) => {
        const calls = await dyingAtEachCall(platform, loses, async () => {
          const { key } = await platform.team();
          // Itself, from which a lost answer is the hardest to come back.
          const own = (await ask(key)).body.data.api_key.id;
          return {
            run: () => rotate(key, own, { grace_seconds: 600 }, once),
            check: async (first, again) => {
              expect(again.status).toBe(200);
              const { key: value } = again.body.data;
              if (first.status === 200) expect(first.body.data.key).toBe(value);
              expect([await codeOf(key), await codeOf(value)]).toEqual([200, 200]);
              expect(await credentialsOf(own)).toHaveLength(2);
            },
          };
        });
        expect(calls).toBeGreaterThanOrEqual(6);
      },
    );
  });
});
