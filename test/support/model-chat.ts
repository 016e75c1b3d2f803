import { afterEach, beforeEach, expect } from "@jest/globals";
import { makeIntegration } from "#lib/one-of-each";
import type { FakeBackend } from "./fake-backend.ts";
import type { Vendor } from "./fake-models.ts";
import { askAs } from "./one-of-each.ts";
import type { TestPlatform } from "./test-platform.ts";
import { openWebChat } from "./web-chat.ts";

const models: Record<Vendor, string> = {
  openai: "gpt-4.1-mini",
  anthropic: "claude-sonnet-4-5",
  bedrock: "amazon.nova-lite-v1:0",
};
const keys: Record<Vendor, Record<string, string>> = {
  openai: { Authorization: "Bearer sk-a-key-of-a-team" },
  anthropic: { "x-api-key": "sk-a-key-of-a-team" },
  bedrock: {},
};

/** What makes an integration with a vendor's model at a server; Bedrock's is the one that the environment names. */
export const modelAt = (vendor: Vendor, url: string, fields: object = {}) => ({
  name: vendor,
  type: vendor,
  model: models[vendor],
  headers: keys[vendor],
  url: vendor === "bedrock" ? null : `${url}/v1`,
  ...fields,
});

/** Has Bedrock be a fake server, with an account of its own; for each test of a file. */
export function useBedrockAt(backend: Pick<FakeBackend, "url">): void {
  const account = {
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE000000000",
    AWS_SECRET_ACCESS_KEY: "a-secret-of-an-account",
  };
  const names = [...Object.keys(account), "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"];
  const before = names.map((name) => [name, process.env[name]] as const);
  beforeEach(() => {
    Object.assign(process.env, account, { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: backend.url });
  });
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

/** A web chat whose bot has a vendor's model at a server, and how it is talked with. */
export async function openModelChat(
  platform: TestPlatform,
  vendor: Vendor,
  url: string,
  {
    settings = {},
    fields = {},
  }: { readonly settings?: object; readonly fields?: Readonly<Record<string, unknown>> } = {},
) {
  const chat = await openWebChat(platform, {
    bot: { settings: { error_message: "Out to lunch.", ...settings } },
  });
  const add = async (body: Readonly<Record<string, unknown>>) => {
    platform.advance(1);
    return makeIntegration(askAs(platform, chat.key), chat.bot_id, body);
  };
  const { id } = await add(modelAt(vendor, url, fields));
  return {
    ...chat,
    id,
    add,
    /** Says something and gives the reply as the API shows it. */
    replyTo: async (content: unknown, said: Parameters<typeof chat.say>[1] = {}) => {
      const { body } = await chat.say(content, { wait: 20, ...said });
      await platform.settle();
      expect(body.data.reply).not.toBeNull();
      return body.data.reply;
    },
    lastError: async () => {
      const params = { id };
      const { body } = await platform.call("getIntegration", { as: chat.key, params });
      return body.data.last_error?.message;
    },
  };
}
