import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { auditedBot } from "../bots/bot.ts";
import type { BotStore } from "../bots/bot-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { overChanges } from "../table/over-changes.ts";
import { wake } from "../work/wake.ts";
import { erasureJob } from "./job.ts";

/** Hides a bot with everything under it at once and erases it by a job. */
export async function deleteBot(
  deps: DeleteBotDeps,
  by: Actor,
  botId: Id<"bot">,
  mint: Mint,
): Promise<void> {
  const teamId = by.team_id;
  const { row, ref } = erasureJob(teamId, { erase: "bot", bot_id: botId }, mint);
  await overChanges(["bot", botId], async () => {
    const seen = await deps.bots.find(teamId, botId);
    if (!seen) throw notFound();
    const audit = auditPart(by, mint, {
      action: "bot.deleted",
      resource_id: botId,
      before: auditedBot(seen),
      after: null,
    });
    const withIt = { job: { putIfAbsent: row }, ...audit };
    const outcome = await deps.bots.markDeleted(teamId, seen, isoTime(mint.now), withIt);
    return outcome === "marked" ? outcome : undefined;
  });
  await wake(deps, ref, mint.now);
}

export interface DeleteBotDeps {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly bots: BotStore;
}
