import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { notFound } from "../errors/api-error.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { merged } from "../schema/merge.ts";
import { isSameJson } from "../schema/same-json.ts";
import { overChanges } from "../table/over-changes.ts";
import { auditedBot, type BotPatch, type StoredBot } from "./bot.ts";
import type { BotStore } from "./bot-store.ts";
import { checkBot } from "./check-bot.ts";

/** Changes a bot; a change made at the same moment is merged with, not overwritten. */
export async function updateBot(
  { bots }: UpdateBotDeps,
  by: Actor,
  botId: Id<"bot">,
  patch: BotPatch,
  mint: Mint,
): Promise<StoredBot> {
  return overChanges(["bot", botId], async () => {
    const seen = await bots.find(by.team_id, botId);
    if (!seen) throw notFound();
    const next = merged(seen, patch);
    if (isSameJson(next, seen)) return seen;
    checkBot(next);
    const bot = { ...next, version: seen.version + 1, updated_at: isoTime(mint.now) };
    const audit = auditPart(by, mint, {
      action: "bot.updated",
      resource_id: botId,
      before: auditedBot(seen),
      after: auditedBot(bot),
    });
    const outcome = await bots.replace(by.team_id, bot, seen.version, audit);
    return outcome === "replaced" ? bot : undefined;
  });
}

export interface UpdateBotDeps {
  readonly bots: BotStore;
}
