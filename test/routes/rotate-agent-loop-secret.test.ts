import { describe, expect, it } from "@jest/globals";
import { aLoop } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const withCallback = { callback: { url: "https://example.com/cb" } };

describe("POST /v1/agent-loops/{id}/rotate-secret", () => {
  itRefuses("rotateAgentLoopSecret", platform, async (as) => ({
    as,
    params: { id: (await aLoop(platform, as, withCallback)).id },
  }));

  it("answers with a new secret, the same for a repeat of the request", async () => {
    const { key } = await platform.team();
    const { id, signing_secret } = await aLoop(platform, key, withCallback);
    const headers = { "idempotency-key": "rotate" };
    const rotate = () =>
      platform.call("rotateAgentLoopSecret", { as: key, params: { id }, headers });
    const { body } = await rotate();
    expect(body.data.signing_secret).toMatch(/^whsec_/);
    expect(body.data.signing_secret).not.toBe(signing_secret);
    expect((await rotate()).body).toEqual(body);
  });

  it("refuses a loop without a callback", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key);
    const answer = await platform.call("rotateAgentLoopSecret", { as: key, params: { id } });
    expect(answer.status).toBe(409);
  });
});
