import { describe, expect, it } from "@jest/globals";
import { aWebhookEndpoint } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

describe("GET /v1/webhooks/{id}", () => {
  itRefuses("getWebhookEndpoint", platform, async (as) => ({
    as,
    params: { id: (await aWebhookEndpoint(platform, as)).id },
  }));

  it("shows the endpoint without its secret", async () => {
    const { key: as } = await platform.team();
    const { secret: _, ...made } = await aWebhookEndpoint(platform, as);
    const { body } = await platform.call("getWebhookEndpoint", { as, params: { id: made.id } });
    expect(body.data).toEqual(made);
  });
});
