import { describe, expect, it } from "@jest/globals";
import { botForIntegrations } from "#test/support/integrations";
import { aBot } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const url = "https://backend.example.com/chat";

describe("POST /v1/bots/{bot_id}/integrations", () => {
  itRefuses("createIntegration", platform, async (as) => ({
    as,
    params: { bot_id: await aBot(platform, as) },
    body: { name: "Backend", url },
  }));

  it("creates a webhook with the documented defaults and says where it is", async () => {
    const { team, bot_id, create } = await botForIntegrations(platform);
    const { status, headers, body } = await create({ name: "Backend", url });
    expect(status).toBe(201);
    expect(headers["location"]).toBe(`/v1/integrations/${body.data.id}`);
    const at = new Date(platform.clock()).toISOString();
    const { signing_secret, ...integration } = body.data;
    expect(integration).toEqual({
      id: expect.stringMatching(/^int_[0-9a-hjkmnp-tv-z]{26}$/),
      bot_id,
      name: "Backend",
      type: "webhook",
      url,
      model: null,
      headers: {},
      settings: {},
      timeout_seconds: 30,
      weight: 1,
      fallback: false,
      status: "active",
      health: { state: "ok", since: null, failures: 0 },
      last_error: null,
      created_at: at,
      updated_at: at,
    });
    expect(signing_secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const params = { id: integration.id };
    const read = await platform.call("getIntegration", { as: team.key, params });
    expect(read.body.data).toEqual(integration);
  });

  it("takes every field", async () => {
    const { create } = await botForIntegrations(platform);
    const set = {
      name: "Spare",
      type: "webhook",
      url: "https://user-content.example.com:8443/a%20b?x=1&y=ü#part",
      timeout_seconds: 120,
      weight: 0.5,
      fallback: true,
      status: "disabled",
    };
    const { status, body } = await create({ ...set, headers: { "X-Empty": "" } });
    expect(status).toBe(201);
    expect(body.data).toMatchObject({ ...set, headers: { "X-Empty": "••••" } });
  });

  it("gives each webhook a secret of its own, and an echo none", async () => {
    const { create } = await botForIntegrations(platform);
    const secrets = await Promise.all(
      [1, 2, 3].map(
        async () => (await create({ name: "Backend", url })).body.data.signing_secret as string,
      ),
    );
    expect(new Set(secrets).size).toBe(3);
    const { status, body } = await create({ name: "Parrot", type: "echo" });
    expect(status).toBe(201);
    expect(body.data).toMatchObject({ type: "echo", url: null, signing_secret: null });
  });

  it("stops at 20 integrations, the first echo included, and goes on when one is deleted", async () => {
    const { team, create, list } = await botForIntegrations(platform);
    for (let count = 2; count <= 20; count++) {
      expect((await create({ name: "Backend", url })).status).toBe(201);
    }
    const refused = await create({ name: "One more", url });
    expect(refused).toBeRefused(409, "conflict");
    expect(refused.body.error.message).toMatch(/\b20 integrations\b/);
    const params = { id: (await list())[3].id };
    await platform.call("deleteIntegration", { as: team.key, params });
    expect((await create({ name: "One more", url })).status).toBe(201);
    expect(await list()).toHaveLength(20);
    const other = { bot_id: await aBot(platform, team.key) };
    const body = { name: "Backend", url };
    const elsewhere = { as: team.key, params: other, body };
    expect((await platform.call("createIntegration", elsewhere)).status).toBe(201);
  });

  it("answers 404 for a bot that is deleted", async () => {
    const { team, bot_id, create } = await botForIntegrations(platform);
    await platform.call("deleteBot", { as: team.key, params: { id: bot_id } });
    expect((await create({ name: "Backend", url })).status).toBe(404);
  });

  it("makes two integrations of two requests without one", async () => {
    const { create, list } = await botForIntegrations(platform);
    await Promise.all([create({ name: "Backend", url }), create({ name: "Backend", url })]);
    expect(await list()).toHaveLength(3);
  });
});
