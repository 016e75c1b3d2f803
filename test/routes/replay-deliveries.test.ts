import { describe, expect, it } from "@jest/globals";
import type { Attempt, StoredDelivery } from "#shared/deliveries/delivery";
import type { Id } from "#shared/runtime/ids";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { aWebhookEndpoint } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { putDeliveries } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const receiver = useFakeBackend(answers.status(204));
const since = "2026-03-01T00:00:00Z";
const once = { "idempotency-key": "once" };

const attempt = (error: string | null): Attempt => ({
  at: "2026-03-04T05:06:00.000Z",
  status_code: error === null ? 204 : 500,
  duration_ms: 10,
  response: "",
  error,
});
const failedAttempt = attempt("The receiver answered with status 500.");
const hour = 3_600_000;

/** Deliveries as they may be when a replay comes, by what they are. */
const states = () =>
  ({
    failed: {
      status: "failed",
      error: "attempts_exhausted",
      attempt_count: 1,
      attempts: [failedAttempt],
    },
    disabled: { status: "failed", error: "endpoint_disabled" },
    waiting: { attempt_count: 1, attempts: [failedAttempt], not_before: platform.clock() + hour },
    fresh: { not_before: platform.clock() + hour },
    succeeded: { status: "succeeded", attempt_count: 1, attempts: [attempt(null)] },
    recovered: { status: "succeeded", attempt_count: 2, attempts: [failedAttempt, attempt(null)] },
  }) satisfies Record<string, Partial<StoredDelivery>>;

/** An endpoint of a new team, and what is done with its deliveries. */
async function anEndpoint(fields: Readonly<Record<string, unknown>> = {}) {
  const team = await platform.team();
  const { key: as } = team;
  const { id } = await aWebhookEndpoint(platform, as, { url: receiver.url, ...fields });
  const params = { id };
  return {
    team,
    id,
    put: (...all: readonly Partial<StoredDelivery>[]) => putDeliveries(platform, team, id, all),
    replay: (body: object = {}, headers: Record<string, string> = {}) =>
      platform.call("replayDeliveries", { as, params, headers, body: { since, ...body } }),
    update: (body: object) => platform.call("updateWebhookEndpoint", { as, params, body }),
    delivery: async (delivery: Id<"dlv">) =>
      (await platform.call("getDelivery", { as, params: { id: delivery } })).body.data,
    retry: (delivery: Id<"dlv">) =>
      platform.call("retryDelivery", { as, params: { id: delivery } }),
  };
}

describe("POST /v1/webhooks/{id}/replay", () => {
  itRefuses("replayDeliveries", platform, async (as) => ({
    as,
    params: { id: (await aWebhookEndpoint(platform, as)).id },
    body: { since },
  }));

  /** One delivery in each state, replayed; how many times each was sent then. */
  const replayed = async (body: object) => {
    const { put, replay, delivery } = await anEndpoint();
    const all = states();
    const ids = await put(...Object.values(all));
    const answer = await replay(body);
    await platform.settle();
    const after = await Promise.all(ids.map(delivery));
    const sent = Object.entries(all).map(([name, before], index) => [
      name,
      after[index].attempt_count - ("attempt_count" in before ? before.attempt_count : 0),
    ]);
    return { ...answer.body.data, sent: Object.fromEntries(sent), after };
  };

  it("sends what failed or has an attempt that failed, and says how many that are", async () => {
    const { replayed: count, sent, after } = await replayed({});
    expect(count).toBe(4);
    const again = { failed: 1, disabled: 1, waiting: 1, recovered: 1 };
    expect(sent).toEqual({ ...again, fresh: 0, succeeded: 0 });
    expect(after[0]).toMatchObject({ status: "succeeded", error: null, attempt_count: 2 });
    expect(after[1]).toMatchObject({ status: "succeeded", error: null, attempt_count: 1 });
  });

  it("sends with `all` what has succeeded too, and counts its attempts on", async () => {
    const { replayed: count, sent, after } = await replayed({ all: true });
    expect(count).toBe(5);
    const again = { failed: 1, disabled: 1, waiting: 1, recovered: 1 };
    expect(sent).toEqual({ ...again, fresh: 0, succeeded: 1 });
    expect(after[4]).toMatchObject({ status: "succeeded", attempt_count: 2 });
  });

  it("sends the same event under the same webhook-id", async () => {
    const { put, replay, delivery } = await anEndpoint();
    const [id] = await put(states().failed);
    await replay();
    await platform.settle();
    const { event_id } = await delivery(id!);
    expect(receiver.requests.map(({ headers }) => headers["webhook-id"])).toEqual([event_id]);
  });

  it("takes those of a time and of types only, from `since` on and before `until`", async () => {
    const { put, replay, delivery } = await anEndpoint();
    const { failed } = states();
    const other = { ...failed, event_type: "integration.failed" };
    const ids = await put(failed, failed, other, failed);
    const [, second, , last] = await Promise.all(ids.map(delivery));
    const part = { since: second.created_at, until: last.created_at };
    expect((await replay(part)).body.data).toEqual({ replayed: 2 });
    await platform.settle();
    const counts = async () =>
      (await Promise.all(ids.map(delivery))).map(({ attempt_count }) => attempt_count);
    expect(await counts()).toEqual([1, 2, 2, 1]);
    platform.advance(1);
    const types = { all: true, event_types: ["integration.failed"] };
    expect((await replay(types)).body.data).toEqual({ replayed: 1 });
    await platform.settle();
    expect(await counts()).toEqual([1, 2, 3, 1]);
  });

  it("leaves alone what is past its time, and other endpoints", async () => {
    const { team, put, replay } = await anEndpoint();
    const remove_at = Math.floor(platform.clock() / 1000);
    await put({ ...states().failed, remove_at });
    const other = await aWebhookEndpoint(platform, team.key, { url: receiver.url });
    await putDeliveries(platform, team, other.id, [states().failed]);
    expect((await replay()).body.data).toEqual({ replayed: 0 });
    await platform.settle();
    expect(receiver.requests).toEqual([]);
  });

  it("goes on from there when it fails again", async () => {
    receiver.answer(answers.status(500));
    const { put, replay, delivery } = await anEndpoint();
    const ids = await put(states().failed, { ...states().failed, attempt_count: 10 });
    await replay();
    await platform.settle();
    expect(await delivery(ids[0]!)).toMatchObject({
      status: "pending",
      attempt_count: 2,
      next_attempt_at: expect.any(String),
    });
    expect(await delivery(ids[1]!)).toMatchObject({
      status: "failed",
      error: "attempts_exhausted",
      attempt_count: 11,
    });
  });

  it("is another attempt at once for one whose attempt is under way and fails", async () => {
    const { put, replay, retry, delivery } = await anEndpoint();
    const [id] = await put(states().failed);
    const failing = held(answers.status(500));
    receiver.answer(failing.answer, answers.status(204));
    await retry(id!);
    await receiver.received(1);
    platform.advance(1);
    await replay();
    while (!(await delivery(id!)).updated_at.endsWith(new Date(platform.clock()).toISOString())) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    failing.release();
    await platform.settle();
    expect(await delivery(id!)).toMatchObject({ status: "succeeded", attempt_count: 3 });
  });

  it("refuses while the endpoint is disabled, and brings back what failed meanwhile", async () => {
    const { put, replay, update, delivery } = await anEndpoint();
    const [id] = await put({});
    await update({ status: "disabled" });
    await platform.sweep();
    platform.advance(60_000);
    await platform.sweep();
    await platform.settle();
    expect(await delivery(id!)).toMatchObject({ status: "failed", error: "endpoint_disabled" });
    const refused = await replay();
    expect(refused).toBeRefused(409, "conflict");
    expect(refused.body.error.message).toContain("set its status to active");
    await update({ status: "active" });
    expect((await replay()).body.data).toEqual({ replayed: 1 });
    await platform.settle();
    expect(await delivery(id!)).toMatchObject({ status: "succeeded" });
  });

  it.each<[string, object, string]>([
    ["no since", { since: undefined }, "body.since"],
    ["a since that is no time", { since: "yesterday" }, "body.since"],
    ["a since that is yet to come", { since: "2099-01-01T00:00:00Z" }, "body.since"],
    ["an until before it", { until: "2026-02-01T00:00:00Z" }, "body.until"],
    ["an until that is since", { until: since }, "body.until"],
    ["no types", { event_types: [] }, "body.event_types"],
    ["a type that there is not", { event_types: ["*"] }, "body.event_types.0"],
    ["a type twice", { event_types: ["webhook.test", "webhook.test"] }, "body.event_types"],
    ["all that is no boolean", { all: "yes" }, "body.all"],
    ["a field nobody knows", { status: "failed" }, "body.status"],
  ])("refuses %s and points at it", async (_, body, path) => {
    const { replay } = await anEndpoint();
    const answer = await replay(body);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toMatchObject([{ path }]);
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "with an Idempotency-Key sends each once wherever it dies on its way (%s)",
    async (loses) => {
      const calls = await dyingAtEachCall(platform, loses, async () => {
        const { put, replay, delivery } = await anEndpoint();
        const ids = await put(states().failed, states().disabled, states().succeeded);
        return {
          run: () => replay({ all: true }, once),
          check: async (_, again) => {
            expect([again.status, again.body.data]).toEqual([200, { replayed: 3 }]);
            await platform.settle();
            platform.advance(120_000);
            await platform.sweep();
            await platform.settle();
            const after = await Promise.all(ids.map(delivery));
            expect(after.map(({ status }) => status)).toEqual(Array(3).fill("succeeded"));
            expect(after.map(({ attempt_count }) => attempt_count)).toEqual([2, 1, 2]);
          },
        };
      });
      expect(calls).toBeGreaterThanOrEqual(7);
    },
  );

  it("says with an Idempotency-Key how many it sends, though it died then and the endpoint was disabled since", async () => {
    const { put, replay, update, id } = await anEndpoint();
    await put(states().failed, states().disabled);
    let isBegun = false;
    platform.faults = ({ operation, input }) => {
      if (isBegun) return { kind: "connection_lost" };
      isBegun = operation === "PutItem" && JSON.stringify(input).includes("#REPLAY#");
      return undefined;
    };
    await withLog(() => replay({}, once));
    platform.faults = undefined;
    expect([isBegun, (await update({ status: "disabled" })).status]).toEqual([true, 200]);
    platform.advance(60_000);
    const again = await replay({}, once);
    expect([again.status, again.body.data]).toEqual([200, { replayed: 2 }]);
    expect((await replay({}, { "idempotency-key": id })).status).toBe(409);
  });
});
