import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { aDelivery, aWebhookEndpoint } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const receiver = useFakeBackend();

describe("GET /v1/deliveries/{id}", () => {
  itRefuses("getDelivery", platform, async (as) => {
    receiver.answer(answers.status(200));
    return { as, params: { id: await aDelivery(platform, as, receiver.url) } };
  });

  it("shows the attempt that succeeded", async () => {
    const { key } = await platform.team();
    receiver.answer(answers.status(200));
    const { body } = await platform.call("getDelivery", {
      as: key,
      params: { id: await aDelivery(platform, key, receiver.url) },
    });
    expect(body.data).toMatchObject({
      webhook_id: null,
      event_type: "agent_loop.completed",
      status: "succeeded",
      attempt_count: 1,
      attempts: [{ status_code: 200, error: null }],
      next_attempt_at: null,
    });
  });

  it("shows with `include=body` the very text that is sent, and null when it has expired", async () => {
    const team = await platform.team();
    const { key: as } = team;
    receiver.answer(answers.status(204));
    const { id } = await aWebhookEndpoint(platform, as, { url: receiver.url });
    const test = await platform.call("testWebhookEndpoint", { as, params: { id } });
    await platform.settle();
    const request = { as, params: { id: test.body.data.id } };
    const show = async (query = {}) =>
      (await platform.call("getDelivery", { ...request, query })).body.data;
    expect((await show({ include: "body" })).body).toBe(receiver.requests[0]!.body);
    expect(await show()).not.toHaveProperty("body");
    await platform.table.delete(keys.event(team.id, test.body.data.event_id));
    expect(await show({ include: "body" })).toEqual({ ...(await show()), body: null });
    const refused = await platform.call("getDelivery", { ...request, query: { include: "all" } });
    expect(refused).toBeRefused(422, "validation_error");
  });
});
