import { afterEach, describe, expect, it } from "@jest/globals";
import { limits } from "#shared/teams/team";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { aWebhookEndpoint } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { rowsWith } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";
import { signersOf } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const receiver = useFakeBackend(answers.status(204));
afterEach(() => {
  process.env["ALLOW_PRIVATE_URLS"] = "true";
});

const url = "https://receiver.example.com/hooks";
const create = (as: string, fields: object = {}, headers: Record<string, string> = {}) =>
  platform.call("createWebhookEndpoint", { as, body: { url, events: ["*"], ...fields }, headers });
const total = async (as: string) =>
  (await platform.call("listWebhookEndpoints", { as })).body.meta.total as number;
const once = { "idempotency-key": "once" };

describe("POST /v1/webhooks", () => {
  itRefuses("createWebhookEndpoint", platform, async (as) => ({
    as,
    body: { url, events: ["*"] },
  }));

  it("registers an endpoint with its defaults, shows its secret, and says where it is", async () => {
    const { key } = await platform.team();
    const { status, headers, body } = await create(key);
    const at = new Date(platform.clock()).toISOString();
    expect([status, headers["location"]]).toEqual([201, `/v1/webhooks/${body.data.id}`]);
    expect(body.data).toEqual({
      id: expect.stringMatching(/^wh_/),
      url,
      events: ["*"],
      description: null,
      status: "active",
      disabled_reason: null,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      created_at: at,
      updated_at: at,
    });
    const { secret: _, ...shown } = body.data;
    const params = { id: body.data.id };
    const read = await platform.call("getWebhookEndpoint", { as: key, params });
    expect(read.body.data).toEqual(shown);
  });

  it("takes everything that can be set", async () => {
    const { key } = await platform.team();
    const events = ["integration.failed", "channel.disconnected"];
    const { body } = await create(key, { events, description: "CRM", status: "disabled" });
    expect(body.data).toMatchObject({
      events,
      description: "CRM",
      status: "disabled",
      disabled_reason: "by_request",
    });
  });

  it("shows the secret in this answer and never again", async () => {
    const { result, lines } = await withLog(async () => {
      const { key } = await platform.team();
      const { body } = await create(key, { url: receiver.url }, once);
      const params = { id: body.data.id };
      const later = [
        await platform.call("getWebhookEndpoint", { as: key, params }),
        await platform.call("listWebhookEndpoints", { as: key }),
        await platform.call("updateWebhookEndpoint", { as: key, params, body: { events: ["*"] } }),
        await platform.call("testWebhookEndpoint", { as: key, params }),
      ];
      await platform.settle();
      later.push(await platform.call("listDeliveries", { as: key, params }));
      later.push(await platform.call("deleteWebhookEndpoint", { as: key, params }));
      return { bare: (body.data.secret as string).slice("whsec_".length), later };
    });
    expect(await rowsWith(result.bare)).toEqual([]);
    expect(result.later.filter(({ text }) => text.includes(result.bare))).toEqual([]);
    expect(JSON.stringify(lines)).not.toContain(result.bare);
  });

  it.each<[string, object, string]>([
    ["no url", { url: undefined }, "body.url"],
    ["an empty url", { url: "" }, "body.url"],
    ["no events", { events: undefined }, "body.events"],
    ["events that are no list", { events: "*" }, "body.events"],
    ["an empty list of events", { events: [] }, "body.events"],
    ["a type that there is not", { events: ["message.sent"] }, "body.events.0"],
    ["the type of the test", { events: ["webhook.test"] }, "body.events.0"],
    ["a type twice", { events: ["message.received", "message.received"] }, "body.events"],
    ["* beside a type", { events: ["*", "message.received"] }, "body.events"],
    ["a long description", { description: "x".repeat(501) }, "body.description"],
    ["a status that there is not", { status: "paused" }, "body.status"],
    ["a secret of one's own", { secret: "whsec_x" }, "body.secret"],
    ["a reason", { disabled_reason: "failing" }, "body.disabled_reason"],
  ])("refuses %s and points at it", async (_, fields, path) => {
    const { key } = await platform.team();
    const answer = await create(key, fields);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toMatchObject([{ path }]);
    expect(await total(key)).toBe(0);
  });

  it.each([
    "http://receiver.example.com/",
    "https://10.0.0.1/hooks",
    "https://localhost/",
    "https://user:pass@receiver.example.com/",
    "receiver.example.com",
  ])("refuses the URL %s", async (bad) => {
    process.env["ALLOW_PRIVATE_URLS"] = "false";
    const { key } = await platform.team();
    const answer = await create(key, { url: bad });
    expect(answer).toBeRefused(422, "url_not_allowed");
    expect(answer.body.error.details).toMatchObject([{ path: "body.url" }]);
  });

  it("makes 20 for a team, and says what to do about the next", async () => {
    const { key } = await platform.team();
    for (let count = 0; count < limits.webhook_endpoints; count++) {
      await aWebhookEndpoint(platform, key);
    }
    const answer = await create(key);
    expect(answer).toBeRefused(409, "conflict");
    expect(answer.body.error.message).toBe(
      "A team can have 20 webhook endpoints. Delete one to make another.",
    );
  });

  it("makes one of two at once when there is room for one", async () => {
    const { key } = await platform.team();
    for (let count = 1; count < limits.webhook_endpoints; count++) {
      await aWebhookEndpoint(platform, key);
    }
    const made = await Promise.all([create(key), create(key)]);
    expect(new Set(made.map(({ status }) => status))).toEqual(new Set([201, 409]));
    expect(await total(key)).toBe(limits.webhook_endpoints);
  });

  describe("with an Idempotency-Key", () => {
    it("registers one endpoint and replays the same secret, to the same API key only", async () => {
      const team = await platform.team();
      const first = await create(team.key, {}, once);
      const again = await create(team.key, {}, once);
      expect([again.status, again.headers["idempotent-replayed"]]).toEqual([201, "true"]);
      expect(again.body).toEqual(first.body);
      const other = await team.keyWith("webhooks:write");
      expect(await create(other, {}, once)).toBeRefused(422, "idempotency_key_reused");
      expect(await total(team.key)).toBe(1);
    });

    it.each(["connection_lost", "answer_lost"] as const)(
      "registers one endpoint whose secret signs, wherever it dies on its way (%s)",
      async (loses) => {
        const calls = await dyingAtEachCall(platform, loses, async () => {
          const { key } = await platform.team();
          return {
            run: () => create(key, { url: receiver.url }, once),
            check: async (first, again) => {
              expect(again.status).toBe(201);
              if (first.status === 201) expect(again.body).toEqual(first.body);
              expect(await total(key)).toBe(1);
              const { id, secret } = again.body.data;
              await platform.call("testWebhookEndpoint", { as: key, params: { id } });
              await platform.settle();
              expect(signersOf(platform, receiver.requests.at(-1)!, [secret])).toEqual([secret]);
            },
          };
        });
        expect(calls).toBeGreaterThanOrEqual(6);
      },
    );
  });
});
