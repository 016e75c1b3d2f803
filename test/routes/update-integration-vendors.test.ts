import { describe, expect, it } from "@jest/globals";
import { botForIntegrations } from "#test/support/integrations";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const own = "https://models.example.com/v1";
const key = "Bearer sk-a-secret-3kf9";
const given = "Was given for another server. Give it again for the new address.";

/** A model of a new team with a key, and how it is changed and read. */
async function aModel(fields: object = {}) {
  const { team, create } = await botForIntegrations(platform);
  const made = await create({
    name: "Model",
    type: "openai",
    model: "gpt-5-mini",
    headers: { Authorization: key },
    ...fields,
  });
  const params = { id: made.body.data.id };
  return {
    team,
    made: made.body.data,
    change: (body: unknown) => {
      platform.advance(1_000);
      return platform.call("updateIntegration", { as: team.key, params, body });
    },
    audited: async () => {
      const query = { resource_id: params.id };
      const log = await platform.call("listAuditEntries", { as: team.key, query });
      return log.body.data[0];
    },
  };
}

describe("PATCH /v1/integrations/{id}: a vendor's model", () => {
  it("gets another model, and keeps the rest", async () => {
    const { made, change, audited } = await aModel({ settings: { temperature: 0.5 } });
    const { status, body } = await change({ model: "gpt-5" });
    expect(status).toBe(200);
    const { signing_secret: _, updated_at: __, ...rest } = made;
    expect(body.data).toMatchObject({ ...rest, model: "gpt-5" });
    expect(await audited()).toMatchObject({
      action: "integration.updated",
      before: { model: "gpt-5-mini" },
      after: { model: "gpt-5" },
    });
  });

  it("merges its settings, and null takes one away", async () => {
    const { change, audited } = await aModel({ settings: { temperature: 0.5 } });
    const more = await change({ settings: { max_output_tokens: 100 } });
    expect(more.body.data.settings).toEqual({ temperature: 0.5, max_output_tokens: 100 });
    const less = await change({ settings: { temperature: null } });
    expect(less.body.data.settings).toEqual({ max_output_tokens: 100 });
    expect(await audited()).toMatchObject({ before: { settings: { temperature: 0.5 } } });
    const none = await change({ settings: { max_output_tokens: null } });
    expect(none.body.data.settings).toEqual({});
    const updated_at = none.body.data.updated_at;
    platform.advance(1_000);
    expect((await change({ settings: {} })).body.data.updated_at).toBe(updated_at);
  });

  it.each([
    ["a type", { type: "anthropic" }, "type", "Read only; leave it out."],
    ["no model", { model: null }, "model", "Required for the type openai."],
    ["a query", { url: `${own}?a` }, "url", "Must have no ? and no #"],
  ])("is refused %s", async (_, body, path, message) => {
    const { change } = await aModel({ headers: {} });
    const refused = await change(body);
    expect(refused).toBeRefused(422, "validation_error");
    expect(refused.body.error.details).toEqual([
      { path: `body.${path}`, message: expect.stringContaining(message) },
    ]);
  });

  it("is refused what Bedrock does not take", async () => {
    const { change } = await aModel({ type: "bedrock", headers: {} });
    for (const body of [{ url: own }, { headers: { "X-A": "b" } }]) {
      expect(await change(body)).toBeRefused(422, "validation_error");
    }
    expect((await change({ url: null, model: "amazon.nova-pro-v1:0" })).status).toBe(200);
  });

  describe("another receiver", () => {
    it.each([
      ["from the vendor to a server", null, own],
      ["from a server to the vendor", own, null],
      ["from one server to another", own, "https://other.example.com/v1"],
    ])("is not sent the key that it had: %s", async (_, from, to) => {
      const { change } = await aModel({ url: from });
      for (const headers of [undefined, { Authorization: "••••3kf9" }]) {
        const refused = await change({ url: to, headers });
        expect(refused).toBeRefused(422, "validation_error");
        expect(refused.body.error.details).toEqual([
          { path: "body.headers.Authorization", message: given },
        ]);
      }
      const moved = await change({ url: to, headers: { Authorization: key } });
      expect([moved.status, moved.body.data.url]).toEqual([200, to]);
    });

    it("is not the vendor's own address, said in full", async () => {
      const { change } = await aModel();
      const moved = await change({ url: "https://api.openai.com/v1" });
      expect([moved.status, moved.body.data.headers]).toEqual([200, { Authorization: "••••3kf9" }]);
      expect((await change({ url: null })).status).toBe(200);
    });
  });
});
