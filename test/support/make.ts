import {
  type Made,
  makeAgentLoop,
  makeBot,
  makeChannel,
  makeConversation,
  makeExecution,
  makeIntegration,
  makeWebhook,
} from "#lib/one-of-each";
import type { ApiKey } from "#shared/api-keys/api-key";
import type { Id } from "#shared/runtime/ids";
import type { IdPrefix } from "#shared/runtime/nouns";
import type { Webhook } from "#shared/webhooks/webhook";
import { askAs } from "./one-of-each.ts";
import type { TestPlatform, TestRequest } from "./test-platform.ts";

/** Makes something and gives its id. Throws when it is refused. */
export async function created<P extends IdPrefix>(
  platform: TestPlatform,
  operationId: string,
  request: TestRequest,
): Promise<Id<P>> {
  const { status, body, text } = await platform.call(operationId, request);
  if (status !== 201) throw new Error(text);
  return body.data.id;
}

/** Makes a bot with these fields, which has its echo, and gives its id. */
export const aBot = async (
  platform: TestPlatform,
  as: string,
  fields: Readonly<Record<string, unknown>> = {},
) => (await makeBot(askAs(platform, as), fields)).id;

/** A webhook of a new bot, as its creation shows it: with its secret. Throws when it is refused. */
export async function createdWebhook(platform: TestPlatform, as: string, fields: object = {}) {
  const url = "https://backend.example.com/chat";
  const made = await makeIntegration(askAs(platform, as), await aBot(platform, as), {
    url,
    ...fields,
  });
  return made as Made<"int"> & { readonly bot_id: Id<"bot">; readonly signing_secret: string };
}

/** Makes a web channel of a bot, a new one where none is given, and gives its id. */
export const aWebChannel = async (platform: TestPlatform, as: string, bot_id?: Id<"bot">) =>
  (await makeChannel(askAs(platform, as), bot_id ?? (await aBot(platform, as)))).id;

/** Makes a conversation that its first message has just begun, and gives its id. Throws when it is refused. */
export const aConversation = async (platform: TestPlatform, as: string) =>
  (await makeConversation(askAs(platform, as), await aWebChannel(platform, as))).id;

/** An API key with its value. Throws when it is refused. */
export async function anApiKey(platform: TestPlatform, as: string, fields: object = {}) {
  const body = { name: "Deployment", ...fields };
  const made = await askAs(platform, as)("createApiKey", { body });
  // Its shape was checked against the reference.
  return made as ApiKey & { readonly key: string };
}

/** A loop made over the API, with its secret if it has a callback. */
export async function aLoop(platform: TestPlatform, as: string, body: object = {}) {
  const loop = await makeAgentLoop(askAs(platform, as), { ...body });
  return loop as Made<"loop"> & { readonly signing_secret: string | null };
}

/** An execution of a new loop, not yet worked on. */
export async function anExecution(
  platform: TestPlatform,
  as: string,
  loop: object = {},
  run: object = {},
) {
  const { id: loop_id } = await aLoop(platform, as, loop);
  return { loop_id, id: (await makeExecution(askAs(platform, as), loop_id, { ...run })).id };
}

/** A webhook endpoint made over the API, with its secret; nobody is there unless a URL is given. Throws when it is refused. */
export async function aWebhookEndpoint(
  platform: TestPlatform,
  as: string,
  fields: Readonly<Record<string, unknown>> = {},
) {
  const url = "https://127.0.0.1:1/hooks";
  const made = await makeWebhook(askAs(platform, as), { url, ...fields });
  // Its shape was checked against the reference.
  return made as unknown as Webhook & { readonly secret: string };
}

/** The delivery of the callback to this URL, sent once, of an execution that has ended. */
export async function aDelivery(
  platform: TestPlatform,
  as: string,
  callback_url: string,
): Promise<Id<"dlv">> {
  const { id } = await anExecution(platform, as, { callback: { url: callback_url } });
  await platform.settle();
  const { body } = await platform.call("getExecution", { as, params: { id } });
  return body.data.callback_delivery_id;
}
