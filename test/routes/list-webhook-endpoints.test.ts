import { describe, expect, it } from "@jest/globals";
import { aWebhookEndpoint } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

describe("GET /v1/webhooks", () => {
  itRefuses("listWebhookEndpoints", platform, async (as) => {
    await aWebhookEndpoint(platform, as);
    return { as };
  });

  /** Five endpoints of a new team, the newest first, of which two are disabled. */
  const five = async () => {
    const { key } = await platform.team();
    const ids: string[] = [];
    for (const status of ["active", "disabled", "active", "disabled", "active"]) {
      ids.unshift((await aWebhookEndpoint(platform, key, { status })).id);
      platform.advance(1);
    }
    const list = async (query: Readonly<Record<string, string | number>>) => {
      const { body } = await platform.call("listWebhookEndpoints", { as: key, query });
      return { ...body.meta, ids: body.data.map(({ id }: { id: string }) => id) };
    };
    return { ids, list };
  };

  it("lists newest first, page by page and by cursor", async () => {
    const { ids, list } = await five();
    expect(await list({})).toMatchObject({ ids, total: 5, total_is_exact: true });
    const first = await list({ per_page: 2 });
    expect(first.ids).toEqual(ids.slice(0, 2));
    const second = await list({ per_page: 2, cursor: first.next_cursor });
    expect(second.ids).toEqual(ids.slice(2, 4));
    expect(await list({ per_page: 2, page: 3 })).toMatchObject({
      ids: ids.slice(4),
      next_cursor: null,
    });
  });

  it("filters by status", async () => {
    const { ids, list } = await five();
    expect((await list({ status: "disabled" })).ids).toEqual([ids[1], ids[3]]);
    expect((await list({ status: "active" })).total).toBe(3);
  });

  it("shows nothing of another team, and no secret", async () => {
    const { key } = await platform.team();
    const { secret } = await aWebhookEndpoint(platform, key);
    const stranger = await platform.team();
    const { body } = await platform.call("listWebhookEndpoints", { as: stranger.key });
    expect(body.data).toEqual([]);
    const own = await platform.call("listWebhookEndpoints", { as: key });
    expect(own.text).not.toContain("secret");
    expect(own.text).not.toContain(secret);
  });
});
