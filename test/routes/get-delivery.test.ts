import { describe, expect, it } from "@jest/globals";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { aDelivery } from "#test/support/make";
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
});
