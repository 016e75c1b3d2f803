import { setTimeout as sleep } from "node:timers/promises";

/** The nouns of which one can be made over the API, by the folders of their routes. */
export const madeNouns = [
  "bots",
  "integrations",
  "channels",
  "conversations",
  "agent-loops",
  "executions",
  "deliveries",
] as const;
export type MadeNoun = (typeof madeNouns)[number];

/** One of each noun of a team. */
export interface OneOfEach {
  /** The id of the one. It is made when it is first asked for, after what it needs. */
  id(noun: MadeNoun): Promise<string>;
  /** Makes all that were not asked for yet, and gives the ids of all. */
  all(): Promise<Readonly<Record<MadeNoun, string>>>;
}

/**
 * Makes one of each noun: a bot with a channel and a backend, a conversation with a message and its reply, a loop with
 * schedule, callback and secrets, an execution that has ended, and the delivery of its callback. Backend and callback are
 * at `url`, where nobody need answer.
 */
export function oneOfEach(ask: Ask, url = nowhere): OneOfEach {
  const secret = { "X-Key": "a secret of theirs" };
  const makers: Readonly<Record<MadeNoun, () => Promise<Made>>> = {
    bots: () => makeBot(ask),
    integrations: async () =>
      // Disabled, so that the bot's echo goes on answering.
      makeIntegration(ask, await id("bots"), { url, headers: secret, status: "disabled" }),
    channels: async () => makeChannel(ask, await id("bots")),
    conversations: async () => makeConversation(ask, await id("channels"), { wait: 10 }),
    "agent-loops": () =>
      makeAgentLoop(ask, { schedule: { cron: "0 9 1 1 *" }, callback: { url, headers: secret } }),
    executions: async () => ended(ask, await makeExecution(ask, await id("agent-loops"))),
    deliveries: async () => {
      const execution = { params: { id: await id("executions") } };
      const { callback_delivery_id } = (await ask("getExecution", execution)) as Made;
      return { id: String(callback_delivery_id) };
    },
  };
  const made = new Map<MadeNoun, Promise<Made>>();
  const id = async (noun: MadeNoun) => {
    const one = made.get(noun) ?? makers[noun]();
    made.set(noun, one);
    return (await one).id;
  };
  return {
    id,
    all: async () => {
      const entries: [MadeNoun, string][] = [];
      for (const noun of madeNouns) entries.push([noun, await id(noun)]);
      // Every noun is among them.
      return Object.fromEntries(entries) as Record<MadeNoun, string>;
    },
  };
}

/** Asks an operation and gives the `data` of its answer. Throws the answer when it is an error. */
export type Ask = (operationId: string, request?: AskRequest) => Promise<unknown>;

/** How an operation is asked. */
export interface AskRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: unknown;
}

/** What was made: its id, and what else the API shows of it. */
export interface Made {
  readonly id: string;
  readonly [field: string]: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** Nobody is there: the port is reserved. */
export const nowhere = "https://127.0.0.1:1/";

// What answers hold is checked against the reference by the tests of the routes.
const create = async (ask: Ask, operationId: string, request: AskRequest) =>
  (await ask(operationId, request)) as Made;

/** Makes a bot, which has its echo. */
export const makeBot = (ask: Ask, fields: Fields = {}) =>
  create(ask, "createBot", { body: { name: "Concierge", ...fields } });

/** Makes a backend of a bot. */
export const makeIntegration = (ask: Ask, bot_id: string, fields: Fields = {}) =>
  create(ask, "createIntegration", {
    params: { bot_id },
    body: { name: "Backend", url: nowhere, ...fields },
  });

/** Makes a web channel of a bot. */
export const makeChannel = (ask: Ask, bot_id: string, fields: Fields = {}) =>
  create(ask, "createChannel", { params: { bot_id }, body: { type: "web", ...fields } });

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
): Promise<Made & { readonly reply: { readonly content: string } | null }> {
  const data = (await ask("sendMessage", {
    params: { id: channelId },
    query: { wait },
    body: { user: { id: user }, content },
  })) as {
    readonly message: { readonly conversation_id: string };
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
  create(ask, "createAgentLoop", { body: { ...loopFields, ...fields } });

/** Has a loop begin an execution. */
export const makeExecution = (ask: Ask, loopId: string, fields: Fields = {}) =>
  create(ask, "runAgentLoop", { params: { id: loopId }, body: fields });

/** Waits until an execution has ended. Throws after 20 s. */
export async function ended(ask: Ask, { id }: Made): Promise<Made> {
  for (let looks = 0; looks < 400; looks++) {
    const execution = await create(ask, "getExecution", { params: { id } });
    if (!["queued", "running"].includes(String(execution["status"]))) return execution;
    await sleep(50);
  }
  throw new Error(`The execution ${id} has not ended in 20 s.`);
}
