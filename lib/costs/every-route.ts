import { setTimeout as sleep } from "node:timers/promises";
import { askTheRest } from "../ask-the-rest.ts";
import {
  type Ask,
  ended,
  type Made,
  makeAgentLoop,
  makeBot,
  makeChannel,
  makeConversation,
  makeExecution,
  makeIntegration,
  makeWebhook,
  oneOfEach,
} from "../one-of-each.ts";

/** The size that the data model's arithmetic assumes: a bot of 2 KB. */
const prompt = "Answer in the language of the question, in at most three sentences. ".repeat(20);

/** Nothing listens there. */
const nowhere = "http://127.0.0.1:1/callbacks";

/**
 * Asks every route of a platform at least once, with data of a usual size: lists of five, the first and later messages of
 * conversations, executions whose callback arrives and whose callback does not. What is not named here is asked as its
 * example says. Returns when all of it is answered.
 */
export async function askEveryRoute(answer: Ask, backendUrl: string): Promise<void> {
  const asked = new Set(["deleteBotUser", "deleteBotUserByQuery", "deleteChannel", "deleteBot"]);
  const ask: Ask = (operationId, request) => {
    asked.add(operationId);
    return answer(operationId, request);
  };
  await ask("getHealth");
  await ask("getOpenapiDocument");
  await ask("getTeam");
  const bots = await askBots(ask);
  const integrations = await askIntegrations(ask, bots, backendUrl);
  await askApiKeys(ask);
  const channels = await askChannels(ask, bots);
  const conversations = await askConversations(ask, bots, channels);
  const ofLoops = await askAgentLoops(ask, backendUrl);
  const webhooks = await askWebhooks(ask, backendUrl);
  const there = { bots, integrations, channels, conversations, ...ofLoops, webhooks };
  await askTheRest(ask, asked, oneOfEach(ask, nowhere, there));
  await ask("deleteBotUser", { params: { bot_id: bots, user_id: "user-0" } });
  await ask("deleteBotUserByQuery", { params: { bot_id: bots }, query: { user_id: "user-1" } });
  await ask("deleteChannel", { params: { id: channels } });
  await ask("deleteBot", { params: { id: bots } });
}

const once = (name: string) => ({ "idempotency-key": name });

async function askBots(ask: Ask): Promise<string> {
  const newBot = { name: "Bench", settings: { system_prompt: prompt } };
  for (let bots = 0; bots < 3; bots++) await makeBot(ask, newBot);
  await ask("createBot", { body: newBot, headers: once("bot") });
  const { id } = await makeBot(ask, newBot);
  await ask("listBots");
  await ask("getBot", { params: { id } });
  await ask("updateBot", { params: { id }, body: { name: "Bench bot" } });
  return id;
}

async function askIntegrations(ask: Ask, bot_id: string, url: string): Promise<string> {
  const newIntegration = { name: "Backend", url, headers: { "X-Key": "a secret" } };
  // The first makes the team's data key.
  const first = await makeIntegration(ask, bot_id, newIntegration);
  await ask("createIntegration", {
    params: { bot_id },
    body: newIntegration,
    headers: once("integration"),
  });
  const { id } = await makeIntegration(ask, bot_id, newIntegration);
  await ask("listIntegrations", { params: { bot_id } });
  await ask("getIntegration", { params: { id } });
  await ask("updateIntegration", { params: { id }, body: { weight: 2 } });
  await ask("testIntegration", { params: { id } });
  await ask("rotateIntegrationSecret", { params: { id } });
  await ask("deleteIntegration", { params: { id } });
  return first.id;
}

async function askApiKeys(ask: Ask): Promise<void> {
  const body = { name: "Deployment", scopes: ["admin"] };
  for (let keys = 0; keys < 3; keys++) await ask("createApiKey", { body });
  await ask("createApiKey", { body, headers: once("key") });
  const { id } = (await ask("createApiKey", { body })) as Made<"key">;
  await ask("listApiKeys");
  await ask("getApiKey", { params: { id } });
  // The second ends the first one's grace.
  const rotate = () => ask("rotateApiKey", { params: { id }, body: { grace_seconds: 3_600 } });
  await rotate();
  await rotate();
  await ask("deleteApiKey", { params: { id } });
}

async function askChannels(ask: Ask, bot_id: string): Promise<string> {
  await ask("createChannel", {
    params: { bot_id },
    body: { type: "web" },
    headers: once("channel"),
  });
  const { id } = await makeChannel(ask, bot_id);
  await ask("listChannels", { params: { bot_id } });
  await ask("getChannel", { params: { id } });
  await ask("updateChannel", { params: { id }, body: { name: "Site" } });
  return id;
}

async function askConversations(ask: Ask, bot_id: string, channelId: string): Promise<string> {
  const say = async (user: string, wait: number) =>
    (await makeConversation(ask, channelId, { user, wait, content: "How late are you open?" })).id;
  const ids: string[] = [];
  for (let user = 0; user < 5; user++) ids.push(await say(`user-${user}`, 10));
  for (let message = 0; message < 4; message++) await say("user-4", 10);
  // The last is what counts: nobody waits for its reply.
  const id = await say("user-4", 0);
  const answered = async () => {
    const messages = await ask("listMessages", { params: { id } });
    return (messages as readonly unknown[]).length === 12;
  };
  await until(answered);
  await ask("listConversations", { params: { bot_id } });
  await ask("getConversation", { params: { id } });
  await ask("deleteConversation", { params: { id } });
  return ids[0] ?? id;
}

async function askAgentLoops(ask: Ask, backendUrl: string) {
  const newLoop = {
    name: "Report",
    system_prompt: prompt,
    user_message: "Report the sales of yesterday.",
    model: { provider: "echo", name: "echo" },
    callback: { url: backendUrl, headers: { "X-Key": "a secret" } },
  };
  // What is written down of an operation is its last call, so what is unusual comes first.
  const model = { provider: "openai", name: "gpt-5-mini", base_url: nowhere, api_key: "sk-none" };
  const failing = await makeAgentLoop(ask, { ...newLoop, model, callback: null });
  const first = await makeAgentLoop(ask, newLoop);
  for (let loops = 2; loops < 4; loops++) await makeAgentLoop(ask, newLoop);
  const { id } = await makeAgentLoop(ask, newLoop);
  const params = { id };
  await ask("listAgentLoops");
  await ask("getAgentLoop", { params });
  const run = async () => ended(ask, await makeExecution(ask, id));
  for (let runs = 1; runs < 5; runs++) await run();
  const execution = await run();
  await ask("listExecutions", { params });
  await ask("listSteps", { params: { id: execution.id } });
  await ask("rotateAgentLoopSecret", { params });

  await ask("updateAgentLoop", { params, body: { callback: { url: nowhere } } });
  const delivery = { id: String((await run())["callback_delivery_id"]) };
  const attempted = async () => {
    const { attempts } = (await ask("getDelivery", { params: delivery })) as Made;
    return (attempts as readonly unknown[]).length > 0;
  };
  await until(attempted);
  await ask("retryDelivery", { params: delivery });

  await ask("updateAgentLoop", { params, body: { model, callback: null } });
  // A model that cannot be reached is tried again later: then there is something to cancel, and nobody at work on it. It is
  // its loop's first, because of a later one this process knows the number, which in AWS is read.
  const endless = await makeExecution(ask, failing.id);
  const ofEndless = { params: { id: endless.id } };
  await until(async () => ((await ask("getExecution", ofEndless)) as Made)["waiting"] !== null);
  await ask("cancelExecution", ofEndless);
  await ask("deleteAgentLoop", { params });
  return { "agent-loops": first.id, executions: execution.id, deliveries: delivery.id };
}

async function askWebhooks(ask: Ask, url: string): Promise<string> {
  const first = await makeWebhook(ask, { url });
  await ask("createWebhookEndpoint", {
    body: { url, events: ["channel.disconnected"] },
    headers: once("endpoint"),
  });
  const { id } = await makeWebhook(ask, { url });
  await ask("listWebhookEndpoints");
  await ask("getWebhookEndpoint", { params: { id } });
  await ask("testWebhookEndpoint", { params: { id } });
  await ask("rotateWebhookEndpointSecret", { params: { id } });
  await ask("deleteWebhookEndpoint", { params: { id } });

  const params = { id: first.id };
  for (let tests = 0; tests < 5; tests++) await ask("testWebhookEndpoint", { params });
  const arrived = async () => {
    const deliveries = (await ask("listDeliveries", { params })) as readonly Made[];
    return deliveries.every(({ status }) => status === "succeeded");
  };
  await until(arrived);
  const body = { since: "2026-01-01T00:00:00Z", all: true };
  await ask("replayDeliveries", { params, body });
  await ask("updateWebhookEndpoint", { params, body: { description: "Our CRM" } });
  return first.id;
}

/** Looks again and again; throws after 20 s. */
async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 400; looks++) {
    if (await isDone()) return;
    await sleep(50);
  }
  throw new Error("What was waited for did not happen.");
}
