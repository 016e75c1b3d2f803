import {
  agentLoopsToErase,
  eraseAgentLoop,
  eraseSchedule,
} from "../agent-loops/erase-agent-loop.ts";
import { eraseCredentials } from "../api-keys/erase-api-keys.ts";
import { botsToErase, eraseBot } from "../bots/erase-bot.ts";
import { type EraseChannelsDeps, eraseChannelsOfBot } from "../channels/erase-channels.ts";
import { eraseConversation } from "../conversations/erase-conversation.ts";
import {
  eraseConversationCounts,
  eraseConversationsOfBot,
  eraseConversationsOfChannel,
} from "../conversations/erase-conversations.ts";
import { eraseUser } from "../conversations/erase-user.ts";
import {
  endExecutionsOfLoop,
  type EraseExecutionsDeps,
  eraseExecutionsOfLoop,
} from "../executions/erase-executions.ts";
import { eraseFiguresOfBot, eraseUsageOfTeam } from "../figures/erase-figures.ts";
import type { EraseFilesDeps } from "../files/erase-files.ts";
import { eraseIntegrationsOfBot } from "../integrations/erase-integrations.ts";
import type { Id } from "../runtime/ids.ts";
import { eraseTeam } from "../teams/erase-team.ts";
import type { Progress, Slice } from "../work/slice.ts";
import type { Erasure } from "./job.ts";

/** What is erased before what, for one kind of erasure. */
export const orderOf = <K extends Erasure["erase"]>({
  erase,
}: {
  readonly erase: K;
}): ErasureOrder<Erased<K>> => orders[erase];

const underBot = [eraseConversationsOfBot, eraseChannelsOfBot, eraseIntegrationsOfBot];
const botItself = [eraseFiguresOfBot, eraseConversationCounts, eraseBot];

const orders: { readonly [K in Erasure["erase"]]: ErasureOrder<Erased<K>> } = {
  conversation: { first: [eraseConversation] },
  user: { first: [eraseUser] },
  channel: { first: [eraseConversationsOfChannel], last: [eraseConversationCounts] },
  bot: { first: underBot, last: botItself },
  agent_loop: { first: [endExecutionsOfLoop, eraseExecutionsOfLoop], last: [eraseAgentLoop] },
  team: {
    first: [
      eraseCredentials,
      ofEach(agentLoopsToErase, [eraseSchedule, endExecutionsOfLoop]),
      ofEach(agentLoopsToErase, [eraseExecutionsOfLoop]),
      ofEach(botsToErase, underBot),
    ],
    last: [
      ofEach(agentLoopsToErase, [eraseAgentLoop]),
      ofEach(botsToErase, botItself),
      eraseUsageOfTeam,
      eraseTeam,
    ],
  },
};

/** The parts of an erasure, in their order. */
interface ErasureOrder<What> {
  readonly first: readonly Erase<What>[];
  /** What goes when a second look has found nothing left of the first; without it there is no second look. */
  readonly last?: readonly Erase<What>[];
}

/** What a job erases, with its team. */
type Erased<K extends Erasure["erase"]> = {
  readonly [One in K]: Extract<Erasure, { erase: One }> & { readonly team_id: Id<"team"> };
}[K];

/** What all nouns together are erased with. */
export type ErasureOrderDeps = EraseExecutionsDeps & EraseFilesDeps & EraseChannelsDeps;

/** Erases something of a noun; a repeat goes on with what is left. */
type Erase<What> = (deps: ErasureOrderDeps, what: What, slice: Slice) => Promise<Progress>;

/** Erases part after part. One that must wait holds up none after it. */
export async function inOrder<What>(
  parts: readonly Erase<What>[],
  deps: ErasureOrderDeps,
  what: What,
  slice: Slice,
): Promise<Progress> {
  let outcome: Progress = "done";
  for (const erase of parts) {
    const progress = await erase(deps, what, slice);
    if (progress === "out_of_time") return progress;
    if (progress === "not_yet") outcome = progress;
  }
  return outcome;
}

/** Erases these parts of each that a team has. */
function ofEach<One>(
  list: (deps: ErasureOrderDeps, team: Erased<"team">) => Promise<readonly One[]>,
  parts: readonly Erase<One>[],
): Erase<Erased<"team">> {
  return async (deps, team, slice) => {
    const ones = await list(deps, team);
    const ofOne = ones.map((one) => () => inOrder(parts, deps, one, slice));
    return inOrder(ofOne, deps, team, slice);
  };
}
