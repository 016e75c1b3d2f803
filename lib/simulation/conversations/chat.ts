import * as v from "valibot";
import { operatorOf } from "#shared/audit/audit-entry";
import type { BlobStore } from "#shared/blobs/blob-store";
import { BotInput } from "#shared/bots/bot";
import { createBot } from "#shared/bots/create-bot";
import { ChannelInput } from "#shared/channels/channel";
import { createChannel } from "#shared/channels/create-channel";
import { sendMessage } from "#shared/conversations/send-message";
import { deleteConversation } from "#shared/erasure/delete-conversation";
import { createFileStore } from "#shared/files/file-store";
import { createIntegration } from "#shared/integrations/create-integration";
import { IntegrationInput } from "#shared/integrations/integration";
import { putEcho } from "#shared/integrations/put-echo";
import { createCallModel } from "#shared/models/create-call-model";
import type { SafeFetch } from "#shared/outbound/safe-fetch";
import { type Id, idFrom } from "#shared/runtime/ids";
import { createMint, type Mint } from "#shared/runtime/mint";
import type { Content } from "#shared/schema/content";
import type { KeyWrapper } from "#shared/secrets/key-wrapper";
import { createDataKeys } from "#shared/secrets/live-team-secrets";
import { createTeamSecrets } from "#shared/secrets/team-secrets";
import { createTeamStore } from "#shared/teams/team-store";
import type { Agenda } from "../agenda.ts";
import { depsOf, noBlobs } from "../deps-of.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { simulatedTeam } from "../simulated-team.ts";
import type { World } from "../world.ts";

/** How a bot is made and whom it asks. */
export interface ChatOptions {
  readonly bot?: Partial<v.InferInput<typeof BotInput>>;
  /** Backends that answer instead of `echo`; further ones are fallbacks. */
  readonly backends?: readonly Partial<v.InferInput<typeof IntegrationInput>>[];
  /** Its channel, instead of one of the type `web`. */
  readonly channel?: v.InferInput<typeof ChannelInput>;
  /** Plays the backends for a process, and the platform of the channel. */
  readonly fetch: (process: SimulatedProcess) => SafeFetch;
  /** Where a process keeps the files of users; without it there are none. */
  readonly blobs?: (process: SimulatedProcess) => BlobStore;
  /** What wraps the team's data key, instead of one that always does. */
  readonly wrapper?: KeyWrapper;
}

/** How something is said; by `ada` in her own chat unless it says otherwise. */
export interface Said {
  readonly message_id?: string | undefined;
  readonly user?: string;
  readonly chat_id?: string;
}

/** Makes a bot with a channel. */
export async function openChat(
  world: World,
  { bot: fields, channel: opened = { type: "web" }, backends = [], ...given }: ChatOptions,
) {
  const { draws } = world.options;
  const setUp = world.setUp();
  const team_id = idFrom("team", setUp.clock(), draws.bytes());
  let made = 0;
  // A millisecond apart: integrations stand in the order of their creation.
  const newMint = () => createMint(setUp.clock() + made++, draws.bytes());
  const { wrapper = alwaysThere(draws.bytes()) } = given;
  const teams = createTeamStore(setUp.table);
  const deps = (process: SimulatedProcess) => ({
    ...depsOf(process),
    putEcho,
    allowPrivate: () => false,
    ...callingBy(world.agenda, process, given.fetch(process)),
    ...filesIn(process, given.blobs),
    secrets: createTeamSecrets({
      dataKeys: createDataKeys(process.table),
      wrapper,
      clock: process.clock,
    }),
  });
  const own = deps(setUp);
  const by = operatorOf(team_id);
  const input = v.parse(BotInput, { name: "Concierge", ...fields });
  await teams.insert(simulatedTeam(team_id, setUp.clock()), {});
  const bot = await createBot({ ...own, teams }, by, input, newMint());
  const integrations: Id<"int">[] = [];
  for (const [index, backend] of backends.entries()) {
    const fields = { name: "Backend", fallback: index > 0, ...backend };
    const integration = v.parse(IntegrationInput, fields);
    integrations.push((await createIntegration(own, by, bot.id, integration, newMint())).id);
  }
  const channel = await createChannel(own, by, bot.id, v.parse(ChannelInput, opened), {
    mint: newMint(),
    deadline: Infinity,
  });

  return {
    team_id,
    bot,
    channel,
    /** Those of its backends, in their order. */
    integrations,

    /** What the product is given in a process. */
    deps,

    /** Sends a message as a route in this process does. */
    say: (
      process: SimulatedProcess,
      content: Content,
      { user = "ada", ...said }: Said = {},
      mint: Mint = createMint(process.clock(), draws.bytes()),
    ) =>
      sendMessage(deps(process), team_id, channel.id, {
        message: { user: { id: user, name: null, username: null }, ...said, content },
        mint,
        waitUntil: process.clock(),
      }),

    /** Deletes a conversation as a route in this process does. */
    remove: (process: SimulatedProcess, conversationId: Id<"conv">, seed = draws.bytes()) =>
      deleteConversation(deps(process), by, conversationId, createMint(process.clock(), seed)),
  };
}

/** A bot with its channel. */
export type Chat = Awaited<ReturnType<typeof openChat>>;

/** How backends are called, models among them: what their libraries do takes no time. */
function callingBy(agenda: Agenda, { clock }: SimulatedProcess, fetch: SafeFetch) {
  const callModel = createCallModel({
    fetch: async (...request) => {
      agenda.computing -= 1;
      try {
        return await fetch(...request);
      } finally {
        agenda.computing += 1;
      }
    },
    clock,
  });
  const computing: typeof callModel = async (call) => {
    agenda.computing += 1;
    try {
      return await callModel(call);
    } finally {
      agenda.computing -= 1;
    }
  };
  return { fetch, callModel: computing };
}

/** What files are kept with. Simulated ones are small: there is room for all. */
function filesIn(process: SimulatedProcess, blobsOf: ChatOptions["blobs"]) {
  const blobs = blobsOf ? () => blobsOf(process) : noBlobs;
  const files = createFileStore({ table: process.table, blobs });
  return { blobs, files, fileRoom: () => Promise.resolve(() => {}) };
}

/** Gives a key at every call; wraps nothing. */
const alwaysThere = (plaintext: Uint8Array): KeyWrapper => ({
  generate: async () => ({ plaintext, wrapped: plaintext }),
  unwrap: async (_, wrapped) => wrapped,
});
