import { loadManifest } from "#lib/manifest";
import { type Api, apiOf } from "./api.ts";
import { startBackend } from "./load.ts";
import { say, table } from "./say.ts";
import { type LogLine, type Server, startServer } from "./server.ts";
import { openTable } from "./table-access.ts";

/** What the data model's section 7 says of operations, in units. */
const model: Readonly<Record<string, { readonly W: number; readonly R: number }>> = {
  getBot: { W: 1, R: 1 },
  getIntegration: { W: 1, R: 2 },
  getConversation: { W: 1, R: 3 },
  listBots: { W: 1, R: 3 },
  listConversations: { W: 1, R: 5.5 },
  listMessages: { W: 1, R: 3.5 },
  createBot: { W: 11, R: 1.5 },
  createChannel: { W: 11, R: 1.5 },
  "createBot with Idempotency-Key": { W: 14, R: 1.5 },
  "createChannel with Idempotency-Key": { W: 14, R: 1.5 },
};

/** The size that the model's arithmetic assumes: a bot of 2 KB. */
const prompt = "Answer in the language of the question, in at most three sentences. ".repeat(20);

/** Runs every route once and prints what it has cost in the table, beside the data model's figures. */
export async function costsPart(): Promise<void> {
  const server = await startServer({ logLevel: "info" });
  const [backend, access] = [startBackend(), await openTable(server.dataDir)];
  try {
    const { api_key } = await access.team();
    const costs = new Map<string, LogLine>();
    await runEveryRoute(counting(server, api_key, costs), (await backend.ask({})).url);
    table(
      "Calls and units of each route; in brackets those of the data model's section 7, where it has them",
      ["route", "calls", "W", "R", "model"],
      [...costs].map(([name, { calls, write_units, read_units }]) => {
        const expected = model[name];
        const within = expected && write_units <= expected.W && read_units <= expected.R;
        const text = expected ? `${within ? "" : "above "}(${expected.W} W, ${expected.R} R)` : "";
        return [name, calls, write_units, read_units, text];
      }),
    );
    const { routes } = await loadManifest();
    const missing = routes
      .filter(({ route }) => !("public" in route.auth) && !costs.has(route.operationId))
      .map(({ route }) => route.operationId);
    if (missing.length > 0) say(`Not measured: ${missing.join(", ")}.`);
  } finally {
    await Promise.all([access.close(), backend.stop()]);
    await server.stop();
  }
}

/** An API that writes down the log line of each request, the last one of a route. */
function counting(server: Server, key: string, costs: Map<string, LogLine>): Api {
  const api = apiOf(server.url, key);
  return async (method, path, body, headers) => {
    const answer = await api(method, path, body, headers);
    const line = await server.line(({ request_id }) => request_id === answer.requestId);
    const suffix = headers?.["idempotency-key"] === undefined ? "" : " with Idempotency-Key";
    costs.set(`${line.route}${suffix}`, line);
    return answer;
  };
}

async function runEveryRoute(api: Api, backendUrl: string): Promise<void> {
  const once = (name: string) => ({ "idempotency-key": name });
  await api("GET", "/v1/team");
  const newBot = { name: "Bench", settings: { system_prompt: prompt } };
  for (let bots = 0; bots < 3; bots++) await api("POST", "/v1/bots", newBot);
  await api("POST", "/v1/bots", newBot, once("bot"));
  const { data: bot } = await api("POST", "/v1/bots", newBot);
  const atBot = `/v1/bots/${bot.id}`;
  await api("GET", "/v1/bots");
  await api("GET", atBot);
  await api("PATCH", atBot, { name: "Bench bot" });

  const newIntegration = { name: "Backend", url: backendUrl, headers: { "X-Key": "a secret" } };
  // The first makes the team's data key.
  await api("POST", `${atBot}/integrations`, newIntegration);
  await api("POST", `${atBot}/integrations`, newIntegration, once("integration"));
  const { data: integration } = await api("POST", `${atBot}/integrations`, newIntegration);
  const atIntegration = `/v1/integrations/${integration.id}`;
  await api("GET", `${atBot}/integrations`);
  await api("GET", atIntegration);
  await api("PATCH", atIntegration, { weight: 2 });
  await api("POST", `${atIntegration}/test`);
  await api("POST", `${atIntegration}/rotate-secret`);

  await api("POST", `${atBot}/channels`, { type: "web" }, once("channel"));
  const { data: channel } = await api("POST", `${atBot}/channels`, { type: "web" });
  const atChannel = `/v1/channels/${channel.id}`;
  await api("GET", `${atBot}/channels`);
  await api("GET", atChannel);
  await api("PATCH", atChannel, { name: "Site" });

  let conversationId = "";
  for (let message = 0; message < 10; message++) {
    const said = { user: { id: `user-${message % 5}` }, content: "How late are you open?" };
    const { data } = await api("POST", `${atChannel}/messages?wait=10`, said);
    conversationId = (data["message"] as { conversation_id: string }).conversation_id;
  }
  const atConversation = `/v1/conversations/${conversationId}`;
  await api("GET", `${atBot}/conversations`);
  await api("GET", atConversation);
  await api("GET", `${atConversation}/messages`);
  await api("DELETE", atConversation);
  await api("DELETE", `${atBot}/users/user-0`);
  await api("DELETE", atChannel);
  await api("DELETE", atIntegration);
  await api("DELETE", atBot);
}
