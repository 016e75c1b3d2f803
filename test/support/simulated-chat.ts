import { consume as consumeInbound } from "#functions/workers/inbound/handler";
import { createBot } from "#shared/bots/create-bot";
import { createBotStore } from "#shared/bots/bot-store";
import { type BotInput as BotFields, BotInput, type StoredBot } from "#shared/bots/bot";
import type { StoredChannel } from "#shared/channels/channel";
import { createChannelStore } from "#shared/channels/channel-store";
import { createChannel } from "#shared/channels/create-channel";
import type { AnswerDeps } from "#shared/conversations/answer-conversation";
import { conversationHash } from "#shared/conversations/conversation-key";
import { asMessage, createConversationStore } from "#shared/conversations/conversation-store";
import type { StoredMessage } from "#shared/conversations/message";
import { createReplyStore } from "#shared/conversations/reply-store";
import { sendMessage } from "#shared/conversations/send-message";
import { deleteConversation } from "#shared/erasure/delete-conversation";
import { createIntegration } from "#shared/integrations/create-integration";
import { putEcho } from "#shared/integrations/put-echo";
import { IntegrationInput } from "#shared/integrations/integration";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { isoTime } from "#shared/runtime/clock";
import { newId } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import type { KeyWrapper } from "#shared/secrets/key-wrapper";
import { createDataKeys } from "#shared/secrets/live-team-secrets";
import { createTeamSecrets } from "#shared/secrets/team-secrets";
import { keys, prefixes } from "#shared/table/keys";
import { createTeamStore } from "#shared/teams/team-store";
import { createHash, randomBytes } from "node:crypto";
import * as v from "valibot";
import type { Simulation, SimulatedProcess } from "./simulation.ts";

/** How something is said; by `ada` in her own chat unless it says otherwise. */
interface Said {
  readonly message_id?: string;
  readonly user?: string;
  readonly chat_id?: string;
}

const fetchAnything = createSafeFetch({ allowPrivate: () => true });

/** A bot with a web channel in a simulation, made by a process that nothing befalls. */
export async function openSimulatedChat(
  simulation: Simulation,
  options: {
    /** Backends that answer instead of `echo`; further ones are fallbacks. */
    readonly urls?: readonly string[];
    /** Of each of them. */
    readonly timeout_seconds?: number;
    readonly bot?: Partial<v.InferInput<typeof BotInput>>;
    /** What wraps the team's data key, instead of one that always does. */
    readonly wrapper?: KeyWrapper;
    /** Called with the time that each call of a backend is given. */
    readonly onCall?: (timeoutMs: number) => void;
  } = {},
) {
  const setUp = simulation.process();
  const team_id = newId("team", simulation.clock());
  const wrapper = options.wrapper ?? alwaysThere();
  let minted = 0;
  // The same in each run, so that draws by a message's id are too.
  const mint = (now = setUp.clock()) =>
    createMint(now, createHash("sha256").update(String(minted++)).digest());
  const bots = createBotStore(setUp.table);
  const channels = createChannelStore(setUp.table);

  const depsOf = (process: SimulatedProcess): AnswerDeps => ({
    table: process.table,
    queues: process.queues,
    clock: process.clock,
    timer: process.timer,
    leaseMs: process.leaseMs,
    conversations: createConversationStore(process.table),
    replies: createReplyStore(process.table),
    integrations: createIntegrationStore(process.table),
    secrets: createTeamSecrets({
      dataKeys: createDataKeys(process.table),
      wrapper,
      clock: process.clock,
    }),
    fetch: process.guard((url, request) => {
      options.onCall?.(request.timeout_ms);
      return fetchAnything(url, request);
    }),
  });

  const fields: BotFields = v.parse(BotInput, { name: "Concierge", ...options.bot });
  const teams = createTeamStore(setUp.table);
  const team = { id: team_id, name: "Simulated", plan: "free" } as const;
  await teams.insert({ ...team, created_at: isoTime(setUp.clock()) }, {});
  const bot = await createBot({ teams, bots, putEcho }, team_id, fields, mint());
  for (const [index, url] of (options.urls ?? []).entries()) {
    const input = v.parse(IntegrationInput, {
      name: "Backend",
      url,
      fallback: index > 0,
      timeout_seconds: options.timeout_seconds,
    });
    // In order of creation.
    simulation.pass(1);
    const deps = { ...depsOf(setUp), bots, allowPrivate: () => true };
    await createIntegration(deps, team_id, bot.id, input, mint());
  }
  const channel = await createChannel(
    { bots, channels },
    team_id,
    bot.id,
    { type: "web", name: undefined, credentials: {}, enabled: true },
    mint(),
  );

  return {
    team_id,
    bot,
    channel,

    /** Sends a message as a route in this process does. */
    say: (process: SimulatedProcess, content: string, said: Said = {}) => {
      const { user = "ada", ...rest } = said;
      return sendMessage(
        { ...depsOf(process), channels: createChannelStore(process.table) },
        team_id,
        channel.id,
        { user: { id: user, name: null, username: null }, ...rest, content },
        mint(process.clock()),
        process.clock(),
      );
    },

    /** Has a process answer from now on. */
    feed: (process: SimulatedProcess) =>
      simulation.feed("inbound", process, consumeInbound(depsOf(process))),

    /** Deletes a conversation as a route in this process does. */
    remove: (process: SimulatedProcess, conversationId: string) =>
      deleteConversation(depsOf(process), team_id, conversationId, mint(process.clock())),

    /** All messages of a conversation, by number. */
    messages: async (conversationId: string): Promise<StoredMessage[]> => {
      const { pk, prefix } = prefixes.messages(team_id, conversationId);
      return (await setUp.table.queryAll({ pk, where: { begins: prefix } })).map(asMessage);
    },

    /** The conversation of a user's own chat. */
    conversationOf: async (user: string): Promise<string | undefined> => {
      const place = { chat_id: user, thread_id: null, user_id: user };
      const hash = conversationHash("auto", place);
      const row = await setUp.table.get(keys.conversationKey(team_id, channel.id, hash));
      return row && String(row["conversation_id"]);
    },

    work: (conversationId: string) =>
      setUp.table.get(keys.conversationWork(team_id, conversationId)),
    head: (conversationId: string) => setUp.table.get(keys.conversation(team_id, conversationId)),

    /** The rows of its integrations, `echo` first. */
    integrations: () => createIntegrationStore(setUp.table).list(team_id, bot.id),

    /** Changes the bot's or the channel's row behind everyone's back. */
    setBot: (set: Partial<StoredBot>) => setUp.table.update(keys.bot(team_id, bot.id), { set }),
    setChannel: (set: Partial<StoredChannel>) =>
      setUp.table.update(keys.channel(team_id, bot.id, channel.id), { set }),
  };
}

/** A conversation's bot and channel in a simulation. */
export type SimulatedChat = Awaited<ReturnType<typeof openSimulatedChat>>;

/** Gives a key at every call; wraps nothing. */
function alwaysThere(): KeyWrapper {
  return {
    generate: async () => {
      const plaintext = randomBytes(32);
      return { plaintext, wrapped: plaintext };
    },
    unwrap: async (_, wrapped) => wrapped,
  };
}
