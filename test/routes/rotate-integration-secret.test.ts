import { describe, expect, it } from "@jest/globals";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { aBot, createdWebhook } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { rowsWith } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";
import { signersOf } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const backend = useFakeBackend(answers.json({ content: "Hello" }));

const hour = 3_600_000;

const create = (as: string) => createdWebhook(platform, as, { url: backend.url });

/** A webhook of a new team with its first secret. */
async function aWebhook() {
  const team = await platform.team();
  const { key } = team;
  const { signing_secret, ...integration } = await create(key);
  const params = { id: integration.id };
  platform.advance(1_000);
  return {
    team,
    key,
    integration,
    first: signing_secret,
    rotate: (headers: Record<string, string> = {}, as = key) =>
      platform.call("rotateIntegrationSecret", { as, params, headers }),
    /** Which of these secrets have signed the next call. */
    signers: async (...secrets: string[]) => {
      await platform.call("testIntegration", { as: key, params });
      return signersOf(platform, backend.requests.at(-1)!, secrets);
    },
  };
}

describe("POST /v1/integrations/{id}/rotate-secret", () => {
  itRefuses("rotateIntegrationSecret", platform, async (as) => ({
    as,
    params: { id: (await create(as)).id },
  }));

  it("answers with the integration and its new secret", async () => {
    const { integration, first, rotate } = await aWebhook();
    const { status, body } = await rotate();
    expect(status).toBe(200);
    expect(body.data).toEqual({
      ...integration,
      updated_at: new Date(platform.clock()).toISOString(),
      signing_secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    expect(body.data.signing_secret).not.toBe(first);
  });

  it("shows the secret in this answer and never again", async () => {
    const { result, lines } = await withLog(async () => {
      const { key, integration, first, rotate } = await aWebhook();
      const { body } = await rotate({ "idempotency-key": "once" });
      const params = { id: integration.id };
      const later = [
        await platform.call("getIntegration", { as: key, params }),
        await platform.call("updateIntegration", { as: key, params, body: { name: "New" } }),
        await platform.call("testIntegration", { as: key, params }),
      ];
      return { secrets: [first, body.data.signing_secret as string], later };
    });
    for (const secret of result.secrets) {
      const bare = secret.slice("whsec_".length);
      expect(await rowsWith(bare)).toEqual([]);
      expect(result.later.filter(({ text }) => text.includes(bare))).toEqual([]);
      expect(JSON.stringify(lines)).not.toContain(bare);
    }
  });

  it("has the old secret sign beside the new one for 24 hours", async () => {
    const { first, rotate, signers } = await aWebhook();
    expect(await signers(first)).toEqual([first]);
    const second: string = (await rotate()).body.data.signing_secret;
    expect(await signers(first, second)).toEqual([first, second]);
    platform.advance(24 * hour - 1);
    expect(await signers(first, second)).toEqual([first, second]);
    platform.advance(1);
    expect(await signers(first, second)).toEqual([second]);
  });

  it("keeps the old secret signing when something else is changed meanwhile", async () => {
    const { key, integration, first, rotate, signers } = await aWebhook();
    const second: string = (await rotate()).body.data.signing_secret;
    const request = { as: key, params: { id: integration.id }, body: { name: "New" } };
    await platform.call("updateIntegration", request);
    expect(await signers(first, second)).toEqual([first, second]);
  });

  it("keeps each secret signing for its 24 hours, however often it is rotated", async () => {
    const { first, rotate, signers } = await aWebhook();
    const second: string = (await rotate()).body.data.signing_secret;
    platform.advance(hour);
    const third: string = (await rotate()).body.data.signing_secret;
    expect(await signers(first, second, third)).toEqual([first, second, third]);
    platform.advance(23 * hour);
    expect(await signers(first, second, third)).toEqual([second, third]);
    platform.advance(hour);
    expect(await signers(first, second, third)).toEqual([third]);
  });

  it("keeps ten of them at the most", async () => {
    const { first, rotate, signers } = await aWebhook();
    const all = [first];
    for (let count = 0; count < 11; count++) all.push((await rotate()).body.data.signing_secret);
    expect(await signers(...all)).toEqual(all.slice(1));
  });

  it("answers 409 for an echo, which signs nothing", async () => {
    const { key } = await platform.team();
    const params = { bot_id: await aBot(platform, key) };
    const list = await platform.call("listIntegrations", { as: key, params });
    const { status, body } = await platform.call("rotateIntegrationSecret", {
      as: key,
      params: { id: list.body.data[0].id },
    });
    expect({ status, body }).toBeRefused(409, "conflict");
    expect(body.error.message).toContain("webhook");
  });

  it("rotates once for each of two requests at the same moment", async () => {
    const { first, rotate, signers } = await aWebhook();
    const [one, other] = await Promise.all([rotate(), rotate()]);
    const secrets = [one, other].map(({ body }) => body.data.signing_secret as string);
    expect(new Set(secrets).size).toBe(2);
    expect(await signers(first, ...secrets)).toEqual([first, ...secrets]);
  });

  describe("with an Idempotency-Key", () => {
    const once = { "idempotency-key": "once" };

    it("rotates once and replays the same secret", async () => {
      const { first, rotate, signers } = await aWebhook();
      const done = await rotate(once);
      platform.advance(23 * hour);
      const again = await rotate(once);
      expect([again.status, again.headers["idempotent-replayed"]]).toEqual([200, "true"]);
      expect(again.body).toEqual(done.body);
      const second: string = done.body.data.signing_secret;
      expect(await signers(first, second)).toEqual([first, second]);
      platform.advance(hour);
      expect(await signers(first, second)).toEqual([second]);
    });

    it("rotates once for many requests at once", async () => {
      const { first, rotate, signers } = await aWebhook();
      const answered = await Promise.all(Array.from({ length: 10 }, () => rotate(once)));
      expect(answered.every(({ status }) => status === 200 || status === 409)).toBe(true);
      const secrets = new Set(
        answered
          .filter(({ status }) => status === 200)
          .map(({ body }) => body.data.signing_secret as string),
      );
      expect(secrets.size).toBe(1);
      expect(await signers(first, ...secrets)).toEqual([first, ...secrets]);
    });

    it("replays nothing to another API key", async () => {
      const { team, first, rotate, signers } = await aWebhook();
      const { body } = await rotate(once);
      const other = await team.keyWith("integrations:write");
      const refused = await rotate(once, other);
      expect(refused).toBeRefused(422, "idempotency_key_reused");
      expect(refused.text).not.toContain(body.data.signing_secret);
      const second: string = body.data.signing_secret;
      expect(await signers(first, second)).toEqual([first, second]);
    });

    it("rotates once also when it dies before its answer is kept", async () => {
      const { first, rotate, signers } = await aWebhook();
      platform.faults = ({ operation, input }) =>
        operation === "UpdateItem" && JSON.stringify(input).includes("#IDEMPOTENCY#")
          ? { kind: "connection_lost" }
          : undefined;
      const { result: died } = await withLog(() => rotate(once));
      platform.faults = undefined;
      platform.advance(60_000);
      const again = await rotate(once);
      expect([again.status, again.headers["idempotent-replayed"]]).toEqual([200, undefined]);
      expect(again.body).toEqual(died.body);
      const second: string = again.body.data.signing_secret;
      expect(await signers(first, second)).toEqual([first, second]);
    });

    it.each(["answer_lost", "connection_lost"] as const)(
      "rotates once when the table's answer does not come (%s)",
      async (kind) => {
        const { first, rotate, signers } = await aWebhook();
        platform.faults = ({ operation, input }) =>
          operation === "TransactWriteItems" && JSON.stringify(input).includes("rotation_id")
            ? { kind }
            : undefined;
        const { result: failed } = await withLog(() => rotate(once));
        expect(failed.status).toBe(503);
        platform.faults = undefined;
        const second: string = (await rotate(once)).body.data.signing_secret;
        expect(await signers(first, second)).toEqual([first, second]);
      },
    );
  });
});
