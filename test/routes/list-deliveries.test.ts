import { describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { aWebhookEndpoint } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { putDeliveries } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const receiver = useFakeBackend(answers.status(204));
type Query = Readonly<Record<string, string | number>>;

/** An endpoint of a new team, and its list. */
async function anEndpoint() {
  const team = await platform.team();
  const { id } = await aWebhookEndpoint(platform, team.key, { url: receiver.url });
  const list = (query: Query = {}) =>
    platform.call("listDeliveries", { as: team.key, params: { id }, query });
  return {
    team,
    id,
    list,
    ids: async (query: Query = {}): Promise<string[]> =>
      (await list(query)).body.data.map((one: { id: string }) => one.id),
    test: async (): Promise<Id<"dlv">> => {
      const request = { as: team.key, params: { id } };
      const { body } = await platform.call("testWebhookEndpoint", request);
      await platform.settle();
      platform.advance(1);
      return body.data.id;
    },
  };
}

describe("GET /v1/webhooks/{id}/deliveries", () => {
  itRefuses("listDeliveries", platform, async (as) => ({
    as,
    params: { id: (await aWebhookEndpoint(platform, as)).id },
  }));

  it("lists newest first what GET shows of each, page by page and by cursor", async () => {
    const { team, list, ids, test } = await anEndpoint();
    const made: string[] = [];
    for (let count = 0; count < 5; count++) made.unshift(await test());
    const first = await list({ per_page: 2 });
    expect(first.body.meta).toMatchObject({ total: 5, total_is_exact: true, page: 1 });
    expect(await ids()).toEqual(made);
    expect(await ids({ per_page: 2, page: 3 })).toEqual(made.slice(4));
    const params = { id: made[0]! };
    const read = await platform.call("getDelivery", { as: team.key, params });
    expect(first.body.data[0]).toEqual(read.body.data);
    // One more moves pages, but no cursor.
    await test();
    const second = await list({ per_page: 2, cursor: first.body.meta.next_cursor });
    expect(second.body.data.map(({ id }: { id: string }) => id)).toEqual(made.slice(2, 4));
    expect(second.body.meta).toMatchObject({ total: 6, page: null });
    const third = await list({ per_page: 2, cursor: second.body.meta.next_cursor });
    expect(third.body.data.map(({ id }: { id: string }) => id)).toEqual(made.slice(4));
    expect(third.body.meta.next_cursor).toBeNull();
    expect((await list({ page: 4 })).body).toMatchObject({ data: [], meta: { total: 6 } });
  });

  it("filters by status and type of event", async () => {
    const { team, id, list, ids, test } = await anEndpoint();
    receiver.answer(answers.status(500), answers.status(204));
    const [failed, succeeded] = [await test(), await test()];
    const [received] = await putDeliveries(platform, team, id, [
      { event_type: "message.received", status: "failed" },
    ]);
    expect(await ids({ status: "pending" })).toEqual([failed]);
    expect(await ids({ status: "succeeded" })).toEqual([succeeded]);
    expect(await ids({ event_type: "webhook.test" })).toEqual([succeeded, failed]);
    expect(await ids({ event_type: "message.received", status: "failed" })).toEqual([received]);
    const none = await list({ event_type: "channel.disconnected" });
    expect(none.body).toMatchObject({ data: [], meta: { total: 0, next_cursor: null } });
  });

  it.each([
    [{ status: "done" }, "query.status"],
    [{ event_type: "message.sent" }, "query.event_type"],
    [{ type: "webhook.test" }, "query.type"],
  ])("refuses %j", async (query, path) => {
    const { list } = await anEndpoint();
    const answer = await list(query);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toMatchObject([{ path }]);
  });

  it("shows none past its time, though the table has not removed it yet", async () => {
    const { team, id, list, ids, test } = await anEndpoint();
    const old = await test();
    const remove_at = Math.floor(platform.clock() / 1000);
    await platform.table.update(keys.delivery(team.id, old), { set: { remove_at } });
    const [left] = await putDeliveries(platform, team, id, [{ status: "succeeded" }]);
    expect(await ids()).toEqual([left]);
    expect((await list()).body.meta.total).toBe(1);
  });

  it("shows the deliveries of no other endpoint, and callbacks in no list", async () => {
    const { team, ids, test } = await anEndpoint();
    const other = await aWebhookEndpoint(platform, team.key, { url: receiver.url });
    const mine = await test();
    await platform.call("testWebhookEndpoint", { as: team.key, params: { id: other.id } });
    await platform.settle();
    expect(await ids()).toEqual([mine]);
  });

  it("looks at 10,000 at once; cursors go on to the oldest that a filter lets through", async () => {
    const { team, id, list } = await anEndpoint();
    const rows = Array.from({ length: 10_050 }, (_, index) => ({
      event_id: "evt_01jd7zq3c8e9v5r2k4m6n8p0ab" as const,
      status: index < 40 ? ("failed" as const) : ("succeeded" as const),
    }));
    // The oldest 40 have failed.
    const made = await putDeliveries(platform, team, id, rows);
    const whole = await list({ per_page: 1 });
    expect(whole.body.meta).toMatchObject({ total: 10_000, total_is_exact: false });
    const found: string[] = [];
    let query: Query = { status: "failed", per_page: 30 };
    for (let pages = 1; ; pages++) {
      const { body } = await list(query);
      expect(body.meta).toMatchObject({ total: 0, total_is_exact: false });
      found.push(...body.data.map((one: { id: string }) => one.id));
      if (body.meta.next_cursor === null) break;
      expect(pages).toBeLessThan(6);
      query = { status: "failed", per_page: 30, cursor: body.meta.next_cursor };
    }
    expect(found).toEqual(made.slice(0, 40).toReversed());
  });
});
