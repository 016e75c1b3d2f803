import { notFound } from "../errors/api-error.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { merged } from "../schema/merge.ts";
import { isSameJson } from "../schema/same-json.ts";
import { overChanges } from "../table/over-changes.ts";
import type { BotPatch, StoredBot } from "./bot.ts";
import type { BotStore } from "./bot-store.ts";
import { checkBot } from "./check-bot.ts";

/** Changes a bot; a change made at the same moment is merged with, not overwritten. */
export async function updateBot(
  { bots }: UpdateBotDeps,
  teamId: Id<"team">,
  botId: Id<"bot">,
  patch: BotPatch,
  now: number,
): Promise<StoredBot> {
  return overChanges(["bot", botId], async () => {
    const seen = await bots.find(teamId, botId);
    if (!seen) throw notFound();
    const next = merged(seen, patch);
    if (isSameJson(next, seen)) return seen;
    checkBot(next);
    const bot = { ...next, version: seen.version + 1, updated_at: isoTime(now) };
    if ((await bots.replace(teamId, bot, seen.version)) === "replaced") return bot;
    return undefined;
  });
}

export interface UpdateBotDeps {
  readonly bots: BotStore;
}
