import { describe, expect, it } from "@jest/globals";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { aWebhookEndpoint } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { rowsLeftOf } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const receiver = useFakeBackend(answers.status(500));

const remove = (as: string, id: string) =>
  platform.call("deleteWebhookEndpoint", { as, params: { id } });

describe("DELETE /v1/webhooks/{id}", () => {
  itRefuses("deleteWebhookEndpoint", platform, async (as) => ({
    as,
    params: { id: (await aWebhookEndpoint(platform, as)).id },
  }));

  it("says what it deleted, and answers 404 to everything after that", async () => {
    const { key: as } = await platform.team();
    const { id } = await aWebhookEndpoint(platform, as);
    const { status, body } = await remove(as, id);
    expect([status, body]).toEqual([200, { data: { id, deleted: true } }]);
    expect((await remove(as, id)).status).toBe(404);
    const since = { since: "2026-01-01T00:00:00Z" };
    const later: [string, unknown?][] = [
      ["getWebhookEndpoint"],
      ["updateWebhookEndpoint", { description: "New" }],
      ["rotateWebhookEndpointSecret"],
      ["testWebhookEndpoint"],
      ["listDeliveries"],
      ["replayDeliveries", since],
    ];
    for (const [operation, given] of later) {
      const answer = await platform.call(operation, { as, params: { id }, body: given });
      expect([operation, answer.status]).toEqual([operation, 404]);
    }
    expect((await platform.call("listWebhookEndpoints", { as })).body.data).toEqual([]);
  });

  it("leaves of it nothing but its deliveries, which fail", async () => {
    const { id: team, key: as } = await platform.team();
    const { id } = await aWebhookEndpoint(platform, as, { url: receiver.url });
    const { body } = await platform.call("testWebhookEndpoint", { as, params: { id } });
    await platform.settle();
    await remove(as, id);
    expect((await rowsLeftOf(id, team)).map(({ sk }) => sk)).toEqual(["DELIVERY"]);
    platform.advance(6_000);
    await platform.settle();
    const params = { id: body.data.id };
    const read = await platform.call("getDelivery", { as, params });
    expect(read.body.data).toMatchObject({ status: "failed", error: "endpoint_deleted" });
  });

  it("does not come back through a change or a rotation that is made at the same moment", async () => {
    for (let round = 0; round < 5; round++) {
      const { id: team, key: as } = await platform.team();
      const { id } = await aWebhookEndpoint(platform, as);
      const params = { id };
      const [gone] = await Promise.all([
        remove(as, id),
        platform.call("updateWebhookEndpoint", { as, params, body: { description: "New" } }),
        platform.call("rotateWebhookEndpointSecret", { as, params }),
      ]);
      expect(gone.status).toBe(200);
      expect(await rowsLeftOf(id, team)).toEqual([]);
    }
  });
});
