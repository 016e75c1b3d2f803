import { consume as consumeInbound } from "#functions/workers/inbound/handler";
import { type ChatOptions, openChat } from "#lib/simulation/conversations/chat";
import { type Served, simulatedFetch } from "#lib/simulation/simulated-fetch";
import type { StoredBot } from "#shared/bots/bot";
import type { StoredChannel } from "#shared/channels/channel";
import { asMessage } from "#shared/conversations/conversation-store";
import type { StoredMessage } from "#shared/conversations/message";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import type { OutboundRequest } from "#shared/outbound/safe-fetch";
import type { Id } from "#shared/runtime/ids";
import { keys, prefixes } from "#shared/table/keys";
import type { SimulatedProcess, Simulation } from "./simulation.ts";

/** What a backend does with a request. */
type Answer = (request: OutboundRequest) => Served;

/** Answers of a simulated backend. */
export const served = {
  json:
    (value: unknown, ms = 0): Answer =>
    () => ({ ms, status: 200, text: JSON.stringify(value) }),
  status:
    (status: number, ms = 0): Answer =>
    () => ({ ms, status, text: "" }),
  /** Says back what was said last. */
  echo:
    (ms = 0): Answer =>
    ({ body }) => {
      // The product's own request.
      const { messages } = JSON.parse(String(body)) as { messages: { content: unknown }[] };
      return { ms, status: 200, text: JSON.stringify({ content: messages.at(-1)?.content }) };
    },
};

let backends = 0;

/** A backend in simulated time: remembers its requests, and says back what was said until `answer` is called. */
export function simulatedBackend(type: "webhook" | "openai" | "anthropic" = "webhook") {
  const requests: OutboundRequest[] = [];
  let answer: Answer = served.echo();
  const url = `https://backend-${++backends}.example/`;
  return {
    url,
    /** What its integration is made of. */
    fields: { type, url, ...(type !== "webhook" && { model: "a-model" }) },
    requests,
    answer: (given: Answer) => void (answer = given),
    serve: (request: OutboundRequest) => {
      requests.push(request);
      return answer(request);
    },
  };
}

/** A backend in simulated time. */
export type SimulatedBackend = ReturnType<typeof simulatedBackend>;

/** A bot with a web channel in a simulation, made by a process that nothing befalls. */
export async function openSimulatedChat(
  simulation: Simulation,
  options: Pick<ChatOptions, "bot" | "wrapper"> & {
    /** Those that answer instead of `echo`; further ones are fallbacks. */
    readonly backends?: readonly SimulatedBackend[];
    /** Of each of them. */
    readonly timeout_seconds?: number;
  } = {},
) {
  const { backends: given = [], timeout_seconds = 30, ...rest } = options;
  const chat = await openChat(simulation.world, {
    ...rest,
    backends: given.map(({ fields }) => ({ ...fields, timeout_seconds })),
    fetch: (process) =>
      simulatedFetch(process, "backend", (url, request) =>
        given.find((backend) => url.startsWith(backend.url))!.serve(request),
      ),
  });
  const { team_id, bot, channel } = chat;
  const { table } = simulation.process();

  return {
    ...chat,

    /** Has a process answer from now on. */
    feed: (process: SimulatedProcess) =>
      simulation.feed("inbound", process, consumeInbound(chat.deps(process))),

    /** All messages of a conversation, by number. */
    messages: async (conversationId: Id<"conv">): Promise<StoredMessage[]> => {
      const { pk, prefix } = prefixes.messages(team_id, conversationId);
      return (await table.queryAll({ pk, where: { begins: prefix } })).map(asMessage);
    },

    work: (conversationId: Id<"conv">) => table.get(keys.conversationWork(team_id, conversationId)),
    head: (conversationId: Id<"conv">) => table.get(keys.conversation(team_id, conversationId)),

    /** The rows of its integrations, `echo` first. */
    integrations: () => createIntegrationStore(table).list(team_id, bot.id),

    /** Changes the bot's or the channel's row behind everyone's back. */
    setBot: (set: Partial<StoredBot>) => table.update(keys.bot(team_id, bot.id), { set }),
    setChannel: (set: Partial<StoredChannel>) =>
      table.update(keys.channel(team_id, bot.id, channel.id), { set }),
  };
}

/** A conversation's bot and channel in a simulation. */
export type SimulatedChat = Awaited<ReturnType<typeof openSimulatedChat>>;
