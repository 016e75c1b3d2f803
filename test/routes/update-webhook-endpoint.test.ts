import { afterEach, describe, expect, it } from "@jest/globals";
import { operatorOf } from "#shared/audit/audit-entry";
import { createMint } from "#shared/runtime/mint";
import { keys } from "#shared/table/keys";
import { updateWebhook } from "#shared/webhooks/update-webhook";
import { createWebhookStore, type WebhookStore } from "#shared/webhooks/webhook-store";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { aWebhookEndpoint } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const receiver = useFakeBackend(answers.status(204));
afterEach(() => {
  process.env["ALLOW_PRIVATE_URLS"] = "true";
});

/** An endpoint of a new team, made a second ago, and what is done with it. */
async function anEndpoint(fields: Readonly<Record<string, unknown>> = {}) {
  const { id: team_id, key } = await platform.team();
  const { secret: _, ...endpoint } = await aWebhookEndpoint(platform, key, {
    url: receiver.url,
    ...fields,
  });
  platform.advance(1_000);
  const { id } = endpoint;
  const request = { as: key, params: { id } };
  return {
    team_id,
    endpoint,
    change: (body: unknown) => platform.call("updateWebhookEndpoint", { ...request, body }),
    shown: async () => (await platform.call("getWebhookEndpoint", request)).body.data,
    test: () => platform.call("testWebhookEndpoint", request),
    row: () => platform.table.get(keys.webhook(team_id, id)),
    /** Writes into its row what workers write. */
    put: (set: object) => platform.table.update(keys.webhook(team_id, id), { set: { ...set } }),
  };
}

const now = () => new Date(platform.clock()).toISOString();

describe("PATCH /v1/webhooks/{id}", () => {
  itRefuses("updateWebhookEndpoint", platform, async (as) => ({
    as,
    params: { id: (await aWebhookEndpoint(platform, as)).id },
    body: { description: "New" },
  }));

  it("changes what is given, leaves the rest, and says when", async () => {
    const { endpoint, change, shown } = await anEndpoint({ description: "Old" });
    const set = { url: "https://new.example.com/", events: ["message.received"] };
    const { status, body } = await change(set);
    expect([status, body.data]).toEqual([200, { ...endpoint, ...set, updated_at: now() }]);
    expect(await shown()).toEqual(body.data);
    expect((await change({ description: null })).body.data.description).toBeNull();
  });

  it.each([{}, { events: ["channel.disconnected"], status: "active" }, { description: null }])(
    "changes nothing with %j, not even the time",
    async (body) => {
      const { endpoint, change } = await anEndpoint();
      expect((await change(body)).body.data).toEqual(endpoint);
    },
  );

  it.each<[string, object, string]>([
    ["no events", { events: [] }, "body.events"],
    ["a type twice", { events: ["message.received", "message.received"] }, "body.events"],
    ["null for the url", { url: null }, "body.url"],
    ["a reason", { disabled_reason: null }, "body.disabled_reason"],
    ["a field nobody knows", { headers: {} }, "body.headers"],
  ])("refuses %s and points at it", async (_, body, path) => {
    const { endpoint, change, shown } = await anEndpoint();
    const answer = await change(body);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toMatchObject([{ path }]);
    expect(await shown()).toEqual(endpoint);
  });

  it("refuses a URL that would not be called", async () => {
    const { endpoint, change, shown } = await anEndpoint();
    process.env["ALLOW_PRIVATE_URLS"] = "false";
    const answer = await change({ url: "https://169.254.169.254/", description: "New" });
    expect(answer).toBeRefused(422, "url_not_allowed");
    expect(await shown()).toEqual(endpoint);
  });

  it("tells by whom it was disabled, and forgets when it is active again", async () => {
    const { change, shown } = await anEndpoint();
    const { body } = await change({ status: "disabled" });
    expect(body.data).toMatchObject({ status: "disabled", disabled_reason: "by_request" });
    await change({ status: "active" });
    expect(await shown()).toMatchObject({ status: "active", disabled_reason: null });
  });

  it("keeps the reason of one that a worker disabled, when it is disabled again", async () => {
    const { change, shown, put } = await anEndpoint();
    await put({ status: "disabled", disabled_reason: "receiver_gone" });
    await change({ status: "disabled", description: "Later" });
    expect(await shown()).toMatchObject({ disabled_reason: "receiver_gone" });
  });

  const failing = { since: "2026-03-01T00:00:00.000Z", until: "2026-03-04T00:00:00.000Z" };

  it.each<[string, object]>([
    ["it is activated", { status: "active" }],
    ["it moves", { url: "https://new.example.com/" }],
  ])("forgets what failed before when %s", async (_, body) => {
    const { change, row, put } = await anEndpoint();
    const isActive = !("status" in body);
    await put({ failing, status: isActive ? "active" : "disabled" });
    await change(body);
    expect(await row()).not.toHaveProperty("failing");
  });

  it("keeps what workers write meanwhile", async () => {
    const { change, row, put } = await anEndpoint();
    const slow_until = platform.clock() + 60_000;
    await put({ failing, slow_until });
    await change({ description: "New" });
    expect(await row()).toMatchObject({ failing, slow_until, description: "New", version: 2 });
  });

  it.each([
    [{ description: "CRM" }, { status: "disabled", disabled_reason: "receiver_gone" }],
    [{ status: "disabled" } as const, { status: "disabled", disabled_reason: "receiver_gone" }],
    [{ events: ["*"] as "*"[] }, { status: "disabled", events: ["*"] }],
  ])("changes by %j what a worker disables at that moment", async (patch, then) => {
    const { team_id, endpoint, shown, put } = await anEndpoint();
    const store = createWebhookStore(platform.table);
    let isFirst = true;
    const webhooks: WebhookStore = {
      ...store,
      replace: async (...given) => {
        const disabled = { status: "disabled", disabled_reason: "receiver_gone", version: 2 };
        if (isFirst) await put(disabled);
        isFirst = false;
        return store.replace(...given);
      },
    };
    const deps = { webhooks, allowPrivate: () => true };
    const mint = createMint(platform.clock());
    await updateWebhook(deps, operatorOf(team_id), endpoint.id, patch, mint);
    expect(await shown()).toMatchObject(then);
  });

  it("merges changes that are made at the same moment", async () => {
    const { change, shown } = await anEndpoint();
    const answered = await Promise.all([
      change({ description: "New" }),
      change({ events: ["*"] }),
      change({ status: "disabled" }),
    ]);
    expect(answered.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await shown()).toMatchObject({
      description: "New",
      events: ["*"],
      status: "disabled",
      disabled_reason: "by_request",
    });
  });

  it("holds from the next event on", async () => {
    const { change, test } = await anEndpoint();
    await change({ url: `${receiver.url}/moved` });
    await test();
    await platform.settle();
    expect(receiver.requests.map(({ path }) => path)).toEqual(["/moved"]);
  });
});
