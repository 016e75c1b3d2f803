import { afterEach, describe, expect, it } from "@jest/globals";
import { integrationBodies } from "#shared/integrations/integration-example";
import { botForIntegrations } from "#test/support/integrations";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
afterEach(() => {
  process.env["ALLOW_PRIVATE_URLS"] = "true";
});

const url = "https://models.example.com/v1";
/** The least that makes a model of each vendor. */
const least = {
  openai: { name: "Model", type: "openai", model: "gpt-5-mini" },
  anthropic: { name: "Model", type: "anthropic", model: "claude-sonnet-4-5" },
  bedrock: { name: "Model", type: "bedrock", model: "amazon.nova-lite-v1:0" },
};

describe("POST /v1/bots/{bot_id}/integrations: a vendor's model", () => {
  it.each(Object.values(least))("is made of little: $type", async (body) => {
    const { team, create } = await botForIntegrations(platform);
    const made = await create(body);
    expect(made.status).toBe(201);
    const { signing_secret, ...integration } = made.body.data;
    expect(signing_secret).toBeNull();
    expect(integration).toMatchObject({
      ...body,
      url: null,
      headers: {},
      settings: {},
      timeout_seconds: 30,
    });
    const params = { id: integration.id };
    const read = await platform.call("getIntegration", { as: team.key, params });
    expect(read.body.data).toEqual(integration);
  });

  it.each(Object.entries(integrationBodies))(
    "is made as the reference shows: %s",
    async (_, body) => {
      const { create } = await botForIntegrations(platform);
      const { status, body: made } = await create(body);
      expect(status).toBe(201);
      const { headers: __, ...shown } = { headers: {}, ...body };
      expect(made.data).toMatchObject(shown);
    },
  );

  it("masks its key, and has no secret to rotate", async () => {
    const { team, create } = await botForIntegrations(platform);
    const headers = { Authorization: "Bearer sk-a-secret-3kf9" };
    const { body, text } = await create({ ...least.openai, url, headers });
    expect(body.data.headers).toEqual({ Authorization: "••••3kf9" });
    expect(text).not.toContain("secret-3kf9");
    const params = { id: body.data.id };
    const rotated = await platform.call("rotateIntegrationSecret", { as: team.key, params });
    expect(rotated).toBeRefused(409, "conflict");
  });

  it("keeps the settings that are set, and no others", async () => {
    const { create, list } = await botForIntegrations(platform);
    const settings = { temperature: 0, max_output_tokens: null };
    const { body } = await create({ ...least.anthropic, settings });
    expect(body.data.settings).toEqual({ temperature: 0 });
    expect((await list())[0].settings).toEqual({ temperature: 0 });
    const none = await create({ ...least.anthropic, settings: { temperature: null } });
    expect(none.body.data.settings).toEqual({});
  });

  it("is told in the audit log, with its key masked", async () => {
    const { team, create } = await botForIntegrations(platform);
    const { body } = await create({
      ...least.openai,
      url,
      headers: { Authorization: "Bearer sk-a-secret-3kf9" },
      settings: { temperature: 1 },
    });
    const query = { resource_id: body.data.id };
    const log = await platform.call("listAuditEntries", { as: team.key, query });
    expect(log.body.data[0]).toMatchObject({
      action: "integration.created",
      after: {
        type: "openai",
        model: "gpt-5-mini",
        url,
        settings: { temperature: 1 },
        headers: { Authorization: "••••3kf9" },
      },
    });
  });

  it("is found by its type", async () => {
    const { team, bot_id, create } = await botForIntegrations(platform);
    for (const body of Object.values(least)) await create(body);
    for (const type of Object.keys(least)) {
      const query = { type };
      const { body } = await platform.call("listIntegrations", {
        as: team.key,
        params: { bot_id },
        query,
      });
      expect(body.data.map((one: { type: string }) => one.type)).toEqual([type]);
    }
  });

  const base = "Must have no ? and no #: it is a base URL, to which a path is added.";
  const required = "Required for the types openai, anthropic and bedrock.";
  const range = "Must be a whole number from 1 to 1000000.";
  it.each([
    ["no model", { ...least.openai, model: undefined }, "model", required],
    ["null for one", { ...least.bedrock, model: null }, "model", required],
    ["an empty one", { ...least.openai, model: "" }, "model", "Must be 1 to 200 characters long."],
    ["too long a one", { ...least.openai, model: "x".repeat(201) }, "model", "Must be 1 to 200"],
    ["a query", { ...least.openai, url: `${url}?key=1` }, "url", base],
    ["a fragment", { ...least.anthropic, url: `${url}#a` }, "url", base],
    ["a Bedrock elsewhere", { ...least.bedrock, url }, "url", "The type bedrock takes no url."],
    [
      "headers for Bedrock",
      { ...least.bedrock, headers: { "X-A": "b" } },
      "headers",
      "The type bedrock takes no headers. Leave it out.",
    ],
    [
      "a model for a webhook",
      { name: "A", url, model: "gpt" },
      "model",
      "The type webhook takes no model. Leave it out.",
    ],
    [
      "settings for a webhook",
      { name: "A", url, settings: { temperature: 1 } },
      "settings",
      "The type webhook takes no settings. Leave it out.",
    ],
    [
      "settings for an echo",
      { name: "A", type: "echo", settings: { max_output_tokens: 1 } },
      "settings",
      "The type echo takes no settings.",
    ],
    [
      "too much heat",
      { ...least.openai, settings: { temperature: 2.1 } },
      "settings.temperature",
      "Must be a number from 0 to 2.",
    ],
    [
      "no tokens",
      { ...least.openai, settings: { max_output_tokens: 0 } },
      "settings.max_output_tokens",
      range,
    ],
    [
      "too many tokens",
      { ...least.openai, settings: { max_output_tokens: 1_000_001 } },
      "settings.max_output_tokens",
      range,
    ],
    [
      "another setting",
      { ...least.openai, settings: { top_p: 1 } },
      "settings.top_p",
      "There is no such field.",
    ],
    [
      "a header of ours",
      { ...least.openai, headers: { "Content-Type": "a" } },
      "headers.Content-Type",
      "We set this header ourselves.",
    ],
  ])("is refused with %s, which is pointed at", async (_, body, path, message) => {
    const { create, list } = await botForIntegrations(platform);
    const refused = await create(body);
    expect(refused).toBeRefused(422, "validation_error");
    expect(refused.body.error.details).toEqual([
      { path: `body.${path}`, message: expect.stringContaining(message) },
    ]);
    expect(await list()).toHaveLength(1);
  });

  it.each(["http://127.0.0.1:11434/v1", "http://localhost:8080/v1", "https://10.0.0.8/v1"])(
    "may be at %s on one machine, and nowhere else",
    async (own) => {
      const { create } = await botForIntegrations(platform);
      expect((await create({ ...least.openai, url: own })).body.data.url).toBe(own);
      process.env["ALLOW_PRIVATE_URLS"] = "false";
      expect(await create({ ...least.openai, url: own })).toBeRefused(422, "url_not_allowed");
    },
  );

  it("takes null for what its type has not, and empty settings", async () => {
    const { create } = await botForIntegrations(platform);
    const webhook = await create({ name: "A", url, model: null, settings: {} });
    expect(webhook.status).toBe(201);
    const bedrock = await create({ ...least.bedrock, url: null, headers: {}, settings: null });
    expect(bedrock.status).toBe(201);
  });
});
