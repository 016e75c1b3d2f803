import type { BotStore } from "../bots/bot-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { wake } from "../work/wake.ts";
import { erasureJob } from "./job.ts";

/** Hides a bot with everything under it at once and erases it by a job. */
export async function deleteBot(
  deps: DeleteBotDeps,
  teamId: Id<"team">,
  botId: Id<"bot">,
  mint: Mint,
): Promise<void> {
  const { row, ref } = erasureJob(teamId, { erase: "bot", bot_id: botId }, mint);
  const withIt = { job: { putIfAbsent: row } };
  const outcome = await deps.bots.markDeleted(teamId, botId, isoTime(mint.now), withIt);
  if (outcome === "unknown") throw notFound();
  await wake(deps, ref, mint.now);
}

export interface DeleteBotDeps {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly bots: BotStore;
}
