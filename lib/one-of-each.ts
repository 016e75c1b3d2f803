import { setTimeout as sleep } from "node:timers/promises";
import type { Id } from "#shared/runtime/ids";
import { type IdPrefix, type NounName, nouns } from "#shared/runtime/nouns";
import { loadManifest } from "./manifest.ts";

/** One of each noun of a team. */
export interface OneOfEach {
  /** The id of the one. It is made when it is first asked for, after what it needs. */
  readonly id: (noun: NounName) => Promise<string>;
  /** Makes all that can be made and were not asked for yet, and gives the ids of all. */
  all(): Promise<OfEach<string>>;
}

type HasMaker =
  | "bots"
  | "integrations"
  | "channels"
  | "conversations"
  | "agent-loops"
  | "executions"
  | "webhooks"
  | "deliveries";
type OfEach<T> = Readonly<Record<HasMaker, T> & Partial<Record<NounName, T>>>;

/**
 * Makes one of each noun: a bot with a channel and a backend, a conversation with a message and its reply, a loop with
 * schedule, callback and secrets, an execution that has ended, an endpoint, and a delivery that tests it. What has no maker
 * here is made as the example of its `create` says. Backend, callback and endpoint are at `url`, where nobody need answer;
 * what is `there` is not made.
 */
export function oneOfEach(
  ask: Ask,
  url = nowhere,
  there: Readonly<Partial<Record<NounName, string>>> = {},
): OneOfEach {
  const secret = { "X-Key": "a secret of theirs" };
  const makers: OfEach<() => Promise<Made>> = {
    bots: () => makeBot(ask),
    integrations: async () =>
      // Disabled, so that the bot's echo goes on answering.
      makeIntegration(ask, await id("bots"), { url, headers: secret, status: "disabled" }),
    channels: async () => makeChannel(ask, await id("bots")),
    conversations: async () => makeConversation(ask, await id("channels"), { wait: 10 }),
    "agent-loops": () =>
      makeAgentLoop(ask, { schedule: { cron: "0 9 1 1 *" }, callback: { url, headers: secret } }),
    executions: async () => ended(ask, await makeExecution(ask, await id("agent-loops"))),
    webhooks: () => makeWebhook(ask, { url }),
    deliveries: async () =>
      create(ask, "testWebhookEndpoint", { params: { id: await id("webhooks") } }),
  };
  const made = new Map<NounName, Promise<Made>>();
  const id = async (noun: NounName) => {
    const known = there[noun];
    if (known !== undefined) return known;
    const one = made.get(noun) ?? (makers[noun] ?? (() => makeByExample(ask, noun, id)))();
    made.set(noun, one);
    return (await one).id;
  };
  return {
    id,
    all: async () => {
      const ids: Partial<Record<NounName, string>> = {};
      // `nouns` has no other keys.
      for (const noun of Object.keys(nouns) as NounName[]) {
        if (makers[noun] || (await creating(noun))) ids[noun] = await id(noun);
      }
      // Each that has a maker is among them.
      return ids as OfEach<string>;
    },
  };
}

/** The route that creates one, if there is any: that of bots is `createBot`. */
async function creating(noun: NounName) {
  const words = nouns[noun].singular.toLowerCase().split(" ");
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  const { routes } = await loadManifest();
  return routes.find(({ route }) => route.operationId === `create${name}`)?.route;
}

async function makeByExample(ask: Ask, noun: NounName, id: OneOfEach["id"]): Promise<Made> {
  const route = await creating(noun);
  if (!route) throw new Error(`There is no operation that makes one of ${nouns[noun].plural}.`);
  const params = await paramsOf(route.path, id);
  return create(ask, route.operationId, { params, body: route.example?.body });
}

/**
 * The parameters of a path: each is the id of the noun whose name stands before it, and a message is the reply of the one
 * conversation.
 */
export async function paramsOf(path: string, id: OneOfEach["id"]) {
  const params: Record<string, string> = {};
  const parts = path.split("/");
  for (const [index, part] of parts.entries()) {
    if (!part.startsWith("{")) continue;
    const [noun = "", name] = [parts[index - 1], part.slice(1, -1)];
    if (!Object.hasOwn(nouns, noun)) throw new Error(`No noun stands before {${name}} in ${path}.`);
    params[name] = noun === "messages" ? "2" : await id(noun as NounName);
  }
  return params;
}

/** Asks an operation and gives the `data` of its answer. Throws the answer when it is an error. */
export type Ask = (operationId: string, request?: AskRequest) => Promise<unknown>;

/** How an operation is asked. */
export interface AskRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What was made: its id, and what else the API shows of it. */
export interface Made<P extends IdPrefix = IdPrefix> {
  readonly id: Id<P>;
  readonly [field: string]: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** Nobody is there: the port is reserved. */
export const nowhere = "https://127.0.0.1:1/";

// What answers hold is checked against the reference by the tests of the routes.
const create = async <P extends IdPrefix>(ask: Ask, operationId: string, request: AskRequest) =>
  (await ask(operationId, request)) as Made<P>;

/** Makes a bot, which has its echo. */
export const makeBot = (ask: Ask, fields: Fields = {}) =>
  create<"bot">(ask, "createBot", { body: { name: "Concierge", ...fields } });

/** Makes a backend of a bot. */
export const makeIntegration = (ask: Ask, bot_id: string, fields: Fields = {}) =>
  create<"int">(ask, "createIntegration", {
    params: { bot_id },
    body: { name: "Backend", url: nowhere, ...fields },
  });

/** Makes a web channel of a bot. */
export const makeChannel = (ask: Ask, bot_id: string, fields: Fields = {}) =>
  create<"ch">(ask, "createChannel", { params: { bot_id }, body: { type: "web", ...fields } });

/** Makes a bot with a web channel. */
export async function makeWebBot(ask: Ask, fields: Fields = {}) {
  const { id: bot_id } = await makeBot(ask, fields);
  return { bot_id, channel_id: (await makeChannel(ask, bot_id)).id };
}

/** Begins a conversation with a first message; gives its id, and the reply if it came within `wait` seconds. */
export async function makeConversation(
  ask: Ask,
  channelId: string,
  { user = "ada", content = "Hello!", wait = 0 } = {},
): Promise<Made<"conv"> & { readonly reply: { readonly content: string } | null }> {
  const data = (await ask("sendMessage", {
    params: { id: channelId },
    query: { wait },
    body: { user: { id: user }, content },
  })) as {
    readonly message: { readonly conversation_id: Id<"conv"> };
    readonly reply: { readonly content: string } | null;
  };
  return { id: data.message.conversation_id, reply: data.reply };
}

/** The least that makes an agent loop: its model is the one that needs no server. */
export const loopFields = {
  name: "Report",
  system_prompt: "You write reports.",
  user_message: "Report the sales.",
};

/** Makes an agent loop. */
export const makeAgentLoop = (ask: Ask, fields: Fields = {}) =>
  create<"loop">(ask, "createAgentLoop", { body: { ...loopFields, ...fields } });

/** Has a loop begin an execution. */
export const makeExecution = (ask: Ask, loopId: string, fields: Fields = {}) =>
  create<"exec">(ask, "runAgentLoop", { params: { id: loopId }, body: fields });

/** Makes a webhook endpoint, which is told of what seldom happens. */
export const makeWebhook = (ask: Ask, fields: Fields = {}) =>
  create<"wh">(ask, "createWebhookEndpoint", {
    body: { url: nowhere, events: ["channel.disconnected"], ...fields },
  });

/** Waits until an execution has ended. Throws after 20 s. */
export async function ended(ask: Ask, { id }: Made<"exec">): Promise<Made<"exec">> {
  for (let looks = 0; looks < 400; looks++) {
    const execution = await create<"exec">(ask, "getExecution", { params: { id } });
    if (!["queued", "running"].includes(String(execution["status"]))) return execution;
    await sleep(50);
  }
  throw new Error(`The execution ${id} has not ended in 20 s.`);
}
