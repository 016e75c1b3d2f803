import { describe, expect, it } from "@jest/globals";
import { type FakeBackend, useFakeBackend } from "#test/support/fake-backend";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";
import { type Json, problemsOf, resolve } from "../support/json-schema.ts";
import { theDocument } from "../support/openapi-answer.ts";

const platform = usePlatform();
const backend: FakeBackend = useFakeBackend();

/** The keys of a value, however deep, that its schema does not name. */
function unnamed(document: Json, given: Json, value: unknown, at = "$"): string[] {
  const schema = "$ref" in given ? resolve(document, String(given["$ref"])) : given;
  if (Array.isArray(value)) {
    const { items } = schema as { items?: Json };
    return items ? value.flatMap((item) => unnamed(document, items, item, `${at}[]`)) : [];
  }
  const properties = schema["properties"] as Readonly<Record<string, Json>> | undefined;
  if (typeof value !== "object" || value === null || !properties) return [];
  return Object.entries(value).flatMap(([name, part]) => {
    const place = `${at}.${name}`;
    const field = properties[name];
    return field ? unnamed(document, field, part, place) : [place];
  });
}

describe("What a backend is asked", () => {
  it("is what the reference says, with the headers that it says, in a conversation and in a test", async () => {
    const document = await theDocument();
    const { post } = resolve(document, "#/webhooks/backend.message") as { post: Json };
    const { schema } = resolve(post, "#/requestBody/content/application~1json") as { schema: Json };
    const chat = await openWebChat(platform, {
      bot: { name: "Bot", settings: { system_prompt: "Be brief." } },
      backend_url: backend.url,
    });
    await chat.say([{ type: "text", text: "Hello!" }]);
    await platform.settle();
    const { body } = await platform.call("listIntegrations", {
      as: chat.key,
      params: { bot_id: chat.bot_id },
      query: { type: "webhook" },
    });
    await platform.call("testIntegration", { as: chat.key, params: { id: body.data[0].id } });
    expect(backend.requests.length).toBeGreaterThan(1);
    for (const { headers, body: sent } of backend.requests) {
      const asked: unknown = JSON.parse(sent);
      expect(problemsOf(document, schema, asked)).toEqual([]);
      expect(unnamed(document, schema, asked)).toEqual([]);
      const documented = (post["parameters"] as readonly Json[]).map(({ name }) =>
        String(name).toLowerCase(),
      );
      expect(Object.keys(headers)).toEqual(expect.arrayContaining(documented));
    }
  });
});
