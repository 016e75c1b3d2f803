import { describe, expect, it } from "@jest/globals";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { aWebhookEndpoint } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { rowsWith } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";
import { signersOf } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const receiver = useFakeBackend(answers.status(204));
const hour = 3_600_000;
const once = { "idempotency-key": "once" };

/** An endpoint of a new team with its first secret. */
async function anEndpoint() {
  const team = await platform.team();
  const { key } = team;
  const { secret: first, ...endpoint } = await aWebhookEndpoint(platform, key, {
    url: receiver.url,
  });
  const params = { id: endpoint.id };
  platform.advance(1_000);
  return {
    team,
    endpoint,
    first,
    rotate: (headers: Record<string, string> = {}, as = key) =>
      platform.call("rotateWebhookEndpointSecret", { as, params, headers }),
    /** Which of these secrets have signed the next event. */
    signers: async (...secrets: string[]) => {
      await platform.call("testWebhookEndpoint", { as: key, params });
      await platform.settle();
      return signersOf(platform, receiver.requests.at(-1)!, secrets);
    },
  };
}

describe("POST /v1/webhooks/{id}/rotate-secret", () => {
  itRefuses("rotateWebhookEndpointSecret", platform, async (as) => ({
    as,
    params: { id: (await aWebhookEndpoint(platform, as)).id },
  }));

  it("answers with the endpoint and its new secret, and shows that never again", async () => {
    const { result, lines } = await withLog(async () => {
      const { endpoint, first, rotate } = await anEndpoint();
      const { status, body } = await rotate(once);
      expect([status, body.data]).toEqual([
        200,
        {
          ...endpoint,
          updated_at: new Date(platform.clock()).toISOString(),
          secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
        },
      ]);
      return [first, body.data.secret as string];
    });
    expect(result[0]).not.toBe(result[1]);
    for (const secret of result) {
      expect(await rowsWith(secret.slice("whsec_".length))).toEqual([]);
      expect(JSON.stringify(lines)).not.toContain(secret.slice("whsec_".length));
    }
  });

  it("has each secret sign beside those after it for 24 hours", async () => {
    const { first, rotate, signers } = await anEndpoint();
    const second: string = (await rotate()).body.data.secret;
    platform.advance(hour);
    const third: string = (await rotate()).body.data.secret;
    const all = [first, second, third];
    expect(await signers(...all)).toEqual(all);
    platform.advance(23 * hour);
    expect(await signers(...all)).toEqual([second, third]);
    platform.advance(hour);
    expect(await signers(...all)).toEqual([third]);
  });

  it("rotates once for each of two requests at the same moment", async () => {
    const { first, rotate, signers } = await anEndpoint();
    const answered = await Promise.all([rotate(), rotate()]);
    const secrets = answered.map(({ body }) => body.data.secret as string);
    expect(new Set(secrets).size).toBe(2);
    expect(await signers(first, ...secrets)).toEqual([first, ...secrets]);
  });

  describe("with an Idempotency-Key", () => {
    it("rotates once and replays the same secret, to the same API key only", async () => {
      const { team, first, rotate, signers } = await anEndpoint();
      const done = await rotate(once);
      const again = await rotate(once);
      expect([again.headers["idempotent-replayed"], again.body]).toEqual(["true", done.body]);
      const other = await team.keyWith("webhooks:write");
      expect(await rotate(once, other)).toBeRefused(422, "idempotency_key_reused");
      const second: string = done.body.data.secret;
      expect(await signers(first, second)).toEqual([first, second]);
    });

    it.each(["connection_lost", "answer_lost"] as const)(
      "rotates once wherever it dies on its way (%s)",
      async (loses) => {
        const calls = await dyingAtEachCall(platform, loses, async () => {
          const { first, rotate, signers } = await anEndpoint();
          return {
            run: () => rotate(once),
            check: async (died, again) => {
              expect(again.status).toBe(200);
              if (died.status === 200) expect(again.body).toEqual(died.body);
              const second: string = again.body.data.secret;
              expect(await signers(first, second)).toEqual([first, second]);
              // A second rotation would have left three.
              const { headers } = receiver.requests.at(-1)!;
              expect(String(headers["webhook-signature"]).split(" ")).toHaveLength(2);
            },
          };
        });
        expect(calls).toBeGreaterThanOrEqual(5);
      },
    );
  });
});
