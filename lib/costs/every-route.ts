import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "../api.ts";

/** The size that the data model's arithmetic assumes: a bot of 2 KB. */
const prompt = "Answer in the language of the question, in at most three sentences. ".repeat(20);

/** Nothing listens there. */
const nowhere = "http://127.0.0.1:1/callbacks";

/**
 * Calls every route of a platform at least once, with data of a usual size: lists of five, the first and later messages of
 * conversations, executions whose callback arrives and whose callback does not. Returns when all of it is answered.
 */
export async function callEveryRoute(api: Api, backendUrl: string): Promise<void> {
  await api("GET", "/v1/health");
  await api("GET", "/v1/openapi.json");
  await api("GET", "/v1/team");
  const botId = await callBots(api);
  await callIntegrations(api, botId, backendUrl);
  const channelId = await callChannels(api, botId);
  await callConversations(api, botId, channelId);
  await callAgentLoops(api, backendUrl);
  await api("DELETE", `/v1/bots/${botId}/users/user-0`);
  await api("DELETE", `/v1/channels/${channelId}`);
  await api("DELETE", `/v1/bots/${botId}`);
}

const once = (name: string) => ({ "idempotency-key": name });

async function callBots(api: Api): Promise<string> {
  const newBot = { name: "Bench", settings: { system_prompt: prompt } };
  for (let bots = 0; bots < 3; bots++) await api("POST", "/v1/bots", newBot);
  await api("POST", "/v1/bots", newBot, once("bot"));
  const { data: bot } = await api("POST", "/v1/bots", newBot);
  await api("GET", "/v1/bots");
  await api("GET", `/v1/bots/${bot.id}`);
  await api("PATCH", `/v1/bots/${bot.id}`, { name: "Bench bot" });
  return bot.id;
}

async function callIntegrations(api: Api, botId: string, url: string): Promise<void> {
  const atBot = `/v1/bots/${botId}/integrations`;
  const newIntegration = { name: "Backend", url, headers: { "X-Key": "a secret" } };
  // The first makes the team's data key.
  await api("POST", atBot, newIntegration);
  await api("POST", atBot, newIntegration, once("integration"));
  const { data: integration } = await api("POST", atBot, newIntegration);
  const path = `/v1/integrations/${integration.id}`;
  await api("GET", atBot);
  await api("GET", path);
  await api("PATCH", path, { weight: 2 });
  await api("POST", `${path}/test`);
  await api("POST", `${path}/rotate-secret`);
  await api("DELETE", path);
}

async function callChannels(api: Api, botId: string): Promise<string> {
  const atBot = `/v1/bots/${botId}/channels`;
  await api("POST", atBot, { type: "web" }, once("channel"));
  const { data: channel } = await api("POST", atBot, { type: "web" });
  await api("GET", atBot);
  await api("GET", `/v1/channels/${channel.id}`);
  await api("PATCH", `/v1/channels/${channel.id}`, { name: "Site" });
  return channel.id;
}

async function callConversations(api: Api, botId: string, channelId: string): Promise<void> {
  const say = async (user: string, query: string) => {
    const said = { user: { id: user }, content: "How late are you open?" };
    const { data } = await api("POST", `/v1/channels/${channelId}/messages${query}`, said);
    return (data["message"] as { conversation_id: string }).conversation_id;
  };
  let conversationId = "";
  for (let user = 0; user < 5; user++) conversationId = await say(`user-${user}`, "?wait=10");
  for (let message = 0; message < 4; message++) await say("user-4", "?wait=10");
  // The last is what counts: nobody waits for its reply.
  await say("user-4", "");
  const path = `/v1/conversations/${conversationId}`;
  const answered = async () => (await api("GET", `${path}/messages`)).meta.total === 12;
  await until(answered);
  await api("GET", `/v1/bots/${botId}/conversations`);
  await api("GET", path);
  await api("DELETE", path);
}

async function callAgentLoops(api: Api, backendUrl: string): Promise<void> {
  const newLoop = {
    name: "Report",
    system_prompt: prompt,
    user_message: "Report the sales of yesterday.",
    model: { provider: "echo", name: "echo" },
    callback: { url: backendUrl, headers: { "X-Key": "a secret" } },
  };
  for (let loops = 0; loops < 4; loops++) await api("POST", "/v1/agent-loops", newLoop);
  const { data: loop } = await api("POST", "/v1/agent-loops", newLoop);
  const path = `/v1/agent-loops/${loop.id}`;
  await api("GET", "/v1/agent-loops");
  await api("GET", path);
  let execution = "";
  for (let runs = 0; runs < 5; runs++) execution = await runToItsEnd(api, path);
  await api("GET", `${path}/executions`);
  await api("GET", `/v1/executions/${execution}/steps`);
  await api("POST", `${path}/rotate-secret`);

  await api("PATCH", path, { callback: { url: nowhere } });
  const { data } = await api("GET", `/v1/executions/${await runToItsEnd(api, path)}`);
  const atDelivery = `/v1/deliveries/${String(data["callback_delivery_id"])}`;
  const attempted = async () => {
    const { data: delivery } = await api("GET", atDelivery);
    return (delivery["attempts"] as unknown[]).length > 0;
  };
  await until(attempted);
  await api("POST", `${atDelivery}/retry`);

  // A model that cannot be reached is tried again later: there is something to cancel.
  const model = { provider: "openai", name: "gpt-5-mini", base_url: nowhere, api_key: "sk-none" };
  await api("PATCH", path, { model, callback: null });
  const { data: endless } = await api("POST", `${path}/run`, {});
  await api("POST", `/v1/executions/${endless.id}/cancel`);
  await api("DELETE", path);
}

async function runToItsEnd(api: Api, path: string): Promise<string> {
  const { data: run } = await api("POST", `${path}/run`, {});
  const ended = async () => {
    const { data } = await api("GET", `/v1/executions/${run.id}`);
    return data["status"] === "completed";
  };
  await until(ended);
  return run.id;
}

/** Looks again and again; throws after 20 s. */
async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 400; looks++) {
    if (await isDone()) return;
    await sleep(50);
  }
  throw new Error("What was waited for did not happen.");
}
