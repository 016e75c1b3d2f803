import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { aWebhookEndpoint } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { deliveriesOf, readEvent, signersOf } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const receiver = useFakeBackend(answers.status(204));
const once = { "idempotency-key": "once" };

/** An endpoint of a new team that wants other events. */
async function anEndpoint() {
  const team = await platform.team();
  const { key: as } = team;
  const { id, secret } = await aWebhookEndpoint(platform, as, { url: receiver.url });
  const params = { id };
  return {
    team,
    id,
    secret,
    test: (headers: Record<string, string> = {}) =>
      platform.call("testWebhookEndpoint", { as, params, headers }),
    disable: () =>
      platform.call("updateWebhookEndpoint", { as, params, body: { status: "disabled" } }),
    delivery: async (delivery: string) =>
      (await platform.call("getDelivery", { as, params: { id: delivery } })).body.data,
  };
}

describe("POST /v1/webhooks/{id}/test", () => {
  itRefuses("testWebhookEndpoint", platform, async (as) => ({
    as,
    params: { id: (await aWebhookEndpoint(platform, as)).id },
  }));

  it("answers the delivery of a signed event that is on its way, whatever the endpoint wants", async () => {
    const { team, id, secret, test, delivery } = await anEndpoint();
    const at = new Date(platform.clock()).toISOString();
    const { status, body } = await test();
    expect([status, body.data]).toEqual([
      200,
      {
        id: expect.stringMatching(/^dlv_/),
        webhook_id: id,
        event_id: expect.stringMatching(/^evt_/),
        event_type: "webhook.test",
        url: receiver.url,
        status: "pending",
        error: null,
        attempt_count: 0,
        attempts: [],
        next_attempt_at: at,
        created_at: at,
        updated_at: at,
      },
    ]);
    await platform.settle();
    const [request] = receiver.requests;
    const { event_id } = body.data;
    expect(readEvent(request!.body)).toEqual({
      id: event_id,
      type: "webhook.test",
      timestamp: at,
      team_id: team.id,
      data: {},
    });
    expect(request!.headers["webhook-id"]).toBe(event_id);
    expect(signersOf(platform, request!, [secret])).toEqual([secret]);
    expect(await delivery(body.data.id)).toMatchObject({ status: "succeeded", attempt_count: 1 });
  });

  it("tells nobody else", async () => {
    const { team, test } = await anEndpoint();
    await aWebhookEndpoint(platform, team.key, { url: `${receiver.url}/all`, events: ["*"] });
    await test();
    await platform.settle();
    expect(receiver.requests.map(({ path }) => path)).toEqual(["/"]);
  });

  it("refuses while the endpoint is disabled, and says what to do", async () => {
    const { team, test, disable } = await anEndpoint();
    await disable();
    const answer = await test();
    expect(answer).toBeRefused(409, "conflict");
    expect(answer.body.error.message).toBe(
      "The endpoint is disabled: set its status to active first.",
    );
    expect(await deliveriesOf(team)).toEqual([]);
  });

  it("sends two for two requests", async () => {
    const { team, test } = await anEndpoint();
    await Promise.all([test(), test()]);
    await platform.settle();
    expect(await deliveriesOf(team)).toHaveLength(2);
    expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(2);
  });

  describe("with an Idempotency-Key", () => {
    it.each(["connection_lost", "answer_lost"] as const)(
      "sends one wherever it dies on its way (%s)",
      async (loses) => {
        const calls = await dyingAtEachCall(platform, loses, async () => {
          const { team, test, delivery } = await anEndpoint();
          const before = receiver.requests.length;
          return {
            run: () => test(once),
            check: async (first, again) => {
              expect(again.status).toBe(200);
              if (first.status === 200) expect(again.body.data.id).toBe(first.body.data.id);
              await platform.settle();
              platform.advance(120_000);
              await platform.sweep();
              await platform.settle();
              expect(await deliveriesOf(team)).toHaveLength(1);
              expect(receiver.requests).toHaveLength(before + 1);
              expect(await delivery(again.body.data.id)).toMatchObject({ status: "succeeded" });
            },
          };
        });
        expect(calls).toBeGreaterThanOrEqual(6);
      },
    );

    it("gives the delivery also when its receiver was gone before the answer was kept", async () => {
      const { team, test, delivery } = await anEndpoint();
      receiver.answer(answers.status(410));
      platform.faults = ({ operation, input }) =>
        operation === "UpdateItem" && JSON.stringify(input).includes("#IDEMPOTENCY#")
          ? { kind: "connection_lost" }
          : undefined;
      await withLog(() => test(once));
      platform.faults = undefined;
      await platform.settle();
      platform.advance(60_000);
      const again = await test(once);
      expect([again.status, again.body.data.status]).toEqual([200, "failed"]);
      expect(await delivery(again.body.data.id)).toMatchObject({ error: "receiver_gone" });
      expect(await deliveriesOf(team)).toHaveLength(1);
      expect(await test()).toBeRefused(409, "conflict");
    });
  });

  it("is one event in the table, put with its delivery", async () => {
    const { team, test } = await anEndpoint();
    const { body } = await test();
    expect(await platform.table.get(keys.event(team.id, body.data.event_id))).toMatchObject({
      remove_at: Math.floor(platform.clock() / 1000) + 30 * 24 * 3_600,
    });
  });
});
