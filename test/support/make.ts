import type { TestAnswer, TestPlatform, TestRequest } from "./test-platform.ts";

/** Makes something and gives its id. Throws when it is refused. */
export const created = async (
  platform: TestPlatform,
  operationId: string,
  request: TestRequest,
): Promise<string> => (await made(platform, operationId, request)).id;

/** What was made, as its creation shows it. */
async function made(
  platform: TestPlatform,
  operationId: string,
  request: TestRequest,
): Promise<TestAnswer["body"]> {
  const { status, body, text } = await platform.call(operationId, request);
  if (status !== 201) throw new Error(text);
  return body.data;
}

/** Makes a bot with these fields, which has its echo, and gives its id. */
export const aBot = (
  platform: TestPlatform,
  as: string,
  fields: Readonly<Record<string, unknown>> = {},
) => created(platform, "createBot", { as, body: { name: "Concierge", ...fields } });

/** A webhook of a new bot, as its creation shows it: with its secret. Throws when it is refused. */
export async function createdWebhook(
  platform: TestPlatform,
  as: string,
  fields: object = {},
): Promise<TestAnswer["body"]> {
  return made(platform, "createIntegration", {
    as,
    params: { bot_id: await aBot(platform, as) },
    body: { name: "Backend", url: "https://backend.example.com/chat", ...fields },
  });
}

/** Makes a web channel of a bot, a new one where none is given, and gives its id. */
export async function aWebChannel(
  platform: TestPlatform,
  as: string,
  bot_id?: string,
): Promise<string> {
  const params = { bot_id: bot_id ?? (await aBot(platform, as)) };
  return created(platform, "createChannel", { as, params, body: { type: "web" } });
}

/** Makes a conversation that its first message has just begun, and gives its id. Throws when it is refused. */
export async function aConversation(platform: TestPlatform, as: string): Promise<string> {
  const params = { id: await aWebChannel(platform, as) };
  const said = { user: { id: "ada" }, content: "Hello!" };
  const { status, body, text } = await platform.call("sendMessage", { as, params, body: said });
  if (status >= 300) throw new Error(text);
  return body.data.message.conversation_id;
}

/** The least that makes a loop. */
export const loopBody = {
  name: "Report",
  system_prompt: "You write reports.",
  user_message: "Report the sales.",
};

/** A loop made over the API, with its secret if it has a callback. */
export const aLoop = (
  platform: TestPlatform,
  as: string,
  body: object = {},
): Promise<{ readonly id: string; readonly signing_secret: string | null }> =>
  made(platform, "createAgentLoop", { as, body: { ...loopBody, ...body } });

/** An execution of a new loop, not yet worked on. */
export async function anExecution(
  platform: TestPlatform,
  as: string,
  loop: object = {},
  run: object = {},
) {
  const { id: loop_id } = await aLoop(platform, as, loop);
  const request = { as, params: { id: loop_id }, body: run };
  return { loop_id, id: await created(platform, "runAgentLoop", request) };
}

/** The delivery of the callback to this URL, sent once, of an execution that has ended. */
export async function aDelivery(
  platform: TestPlatform,
  as: string,
  callback_url: string,
): Promise<string> {
  const { id } = await anExecution(platform, as, { callback: { url: callback_url } });
  await platform.settle();
  const { body } = await platform.call("getExecution", { as, params: { id } });
  return body.data.callback_delivery_id;
}
