import { describe, expect, it } from "@jest/globals";
import type { FaultCall } from "#lib/local/embedded/faults";
import { botForIntegrations } from "#test/support/integrations";
import { withLog } from "#test/support/log-lines";
import { rowsWith } from "#test/support/stored-rows";
import { type TestPlatform, usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const url = "https://backend.example.com/chat";

/** Whether a call writes an idempotency record. */
const isOfRecord = ({ input }: FaultCall) => JSON.stringify(input).includes("#IDEMPOTENCY#");

describe("POST /v1/bots/{bot_id}/integrations: its secrets and its repeats", () => {
  describe("secrets", () => {
    const values = {
      Authorization: "Bearer 8f14e45fceea3kf9",
      "X-Twelve": "abcdefgh3kf9",
      "X-Eleven": "abcdefg3kf9",
      "X-Latin": "Grüße, geheim! é",
    };

    it("shows of a header's value the last four characters, and of a short one none", async () => {
      const { create } = await botForIntegrations(platform);
      const { body } = await create({ name: "Backend", url, headers: values });
      expect(body.data.headers).toEqual({
        Authorization: "••••3kf9",
        "X-Twelve": "••••3kf9",
        "X-Eleven": "••••",
        "X-Latin": "••••m! é",
      });
    });

    it("keeps them out of the table, of later answers and of the log", async () => {
      const { result, lines } = await withLog(async () => {
        const { team, bot_id, create } = await botForIntegrations(platform);
        const headers = { "idempotency-key": "once" };
        const { body } = await create({ name: "Backend", url, headers: values }, headers);
        const params = { id: body.data.id };
        const later = [
          await platform.call("getIntegration", { as: team.key, params }),
          await platform.call("listIntegrations", { as: team.key, params: { bot_id } }),
          await platform.call("updateIntegration", { as: team.key, params, body: { name: "B" } }),
          await platform.call("deleteIntegration", { as: team.key, params }),
          await create({ name: "Backend", url, headers: { ...values, "Bad name": "x" } }),
          await create({ name: "Backend", url: "x", headers: values }),
        ];
        return { secret: body.data.signing_secret as string, later };
      });
      const written = JSON.stringify(lines);
      expect(lines.length).toBeGreaterThan(5);
      for (const secret of [...Object.values(values), result.secret]) {
        const bare = secret.replace(/^whsec_|^Bearer /, "");
        expect(await rowsWith(bare)).toEqual([]);
        expect(await rowsWith(Buffer.from(bare).toString("base64"))).toEqual([]);
        expect(result.later.filter(({ text }) => text.includes(bare))).toEqual([]);
        expect(written).not.toContain(bare);
      }
      expect(result.later.some(({ text }) => text.includes("signing_secret"))).toBe(false);
    });

    it("answers 503 while the key service is down, stores nothing, and still reads", async () => {
      const { team, create, list } = await botForIntegrations(platform);
      platform.faults = ({ operation }) =>
        operation === "GenerateDataKey" ? { kind: "connection_lost" } : undefined;
      const { result } = await withLog(() => create({ name: "Backend", url }));
      expect(result).toBeRefused(503, "service_unavailable");
      expect(Number(result.headers["retry-after"])).toBeGreaterThan(0);
      expect(await list()).toHaveLength(1);
      expect(await rowsWith("Backend", team.id)).toEqual([]);
      platform.faults = undefined;
      expect((await create({ name: "Backend", url })).status).toBe(201);
    });
  });

  describe("with an Idempotency-Key", () => {
    const key = { "idempotency-key": "once" };
    const input = { name: "Backend", url, headers: { Authorization: "Bearer 8f14e45fceea3kf9" } };

    it("creates one integration and replays the same secret", async () => {
      const { create, list } = await botForIntegrations(platform);
      const first = await create(input, key);
      const again = await create(input, key);
      expect([again.status, again.headers["idempotent-replayed"]]).toEqual([201, "true"]);
      expect(again.body).toEqual(first.body);
      expect(again.headers["location"]).toBe(first.headers["location"]);
      expect(await list()).toHaveLength(2);
    });

    it("gives the secret to no other API key", async () => {
      const { team, create, list } = await botForIntegrations(platform);
      const { body } = await create(input, key);
      const other = await team.keyWith("integrations:write");
      const refused = await create(input, key, other);
      expect(refused).toBeRefused(422, "idempotency_key_reused");
      expect(refused.body.error.message).toContain("another API key");
      expect(refused.text).not.toContain(body.data.signing_secret);
      expect(await list()).toHaveLength(2);
    });

    it("checks the scope before it replays", async () => {
      const { team, create } = await botForIntegrations(platform);
      await create(input, key);
      const reader = await team.keyWith("integrations:read");
      expect((await create(input, key, reader)).status).toBe(403);
    });

    it("replays a refusal as it was", async () => {
      const { create, list } = await botForIntegrations(platform);
      const first = await create({ name: "" }, key);
      const again = await create({ name: "" }, key);
      expect([again.status, again.headers["idempotent-replayed"]]).toEqual([422, "true"]);
      const { request_id } = again.body.error;
      expect(again.body.error).toEqual({ ...first.body.error, request_id });
      expect(await list()).toHaveLength(1);
    });

    /** Does the work and dies before the answer is kept. */
    async function dieBeforeKeeping(run: () => ReturnType<TestPlatform["call"]>) {
      platform.faults = (call) =>
        call.operation === "UpdateItem" && isOfRecord(call)
          ? { kind: "connection_lost" }
          : undefined;
      const { result } = await withLog(run);
      platform.faults = undefined;
      return result;
    }

    it("makes the same id and the same secret again after a crash half-way", async () => {
      const { create, list } = await botForIntegrations(platform);
      const first = await dieBeforeKeeping(() => create(input, key));
      expect(first.status).toBe(201);
      const early = await create(input, key);
      expect(early).toBeRefused(409, "idempotency_in_progress");
      expect(Number(early.headers["retry-after"])).toBeGreaterThan(0);
      platform.advance(60_000);
      const again = await create(input, key);
      expect([again.status, again.headers["idempotent-replayed"]]).toEqual([201, undefined]);
      expect(again.body).toEqual(first.body);
      expect(await list()).toHaveLength(2);
      const replayed = await create(input, key);
      expect(replayed.headers["idempotent-replayed"]).toBe("true");
      expect(replayed.body).toEqual(first.body);
    });

    it("gives the secret to no other API key after a crash half-way either", async () => {
      const { team, create } = await botForIntegrations(platform);
      const { body } = await dieBeforeKeeping(() => create(input, key));
      platform.advance(60_000);
      const other = await team.keyWith("integrations:write");
      const taken = await create(input, key, other);
      expect(taken).toBeRefused(422, "idempotency_key_reused");
      expect(taken.text).not.toContain(body.data.signing_secret);
      expect((await create(input, key)).body).toEqual(body);
    });

    it("does not count itself when it is repeated at the limit", async () => {
      const { create, list } = await botForIntegrations(platform);
      for (let count = 2; count <= 19; count++) await create({ name: "Backend", url });
      const first = await dieBeforeKeeping(() => create(input, key));
      platform.advance(60_000);
      const again = await create(input, key);
      expect([again.status, again.body]).toEqual([201, first.body]);
      expect(await list()).toHaveLength(20);
    });

    it.each(["answer_lost", "connection_lost"] as const)(
      "can be repeated at once after a 503 (%s)",
      async (kind) => {
        const { create, list } = await botForIntegrations(platform);
        platform.faults = ({ operation }) =>
          operation === "TransactWriteItems" ? { kind } : undefined;
        const { result: failed } = await withLog(() => create(input, key));
        expect(failed).toBeRefused(503, "service_unavailable");
        platform.faults = undefined;
        const done = await create(input, key);
        expect(done.status).toBe(201);
        expect(await list()).toMatchObject([{ id: done.body.data.id }, { type: "echo" }]);
      },
    );

    it("makes one integration of many requests at once", async () => {
      const { create, list } = await botForIntegrations(platform);
      const answers = await Promise.all(Array.from({ length: 10 }, () => create(input, key)));
      const made = answers.filter(({ status }) => status === 201);
      expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
      expect(new Set(made.map(({ body }) => body.data.signing_secret)).size).toBe(1);
      expect(await list()).toHaveLength(2);
    });
  });
});
