import type { BotStore } from "../bots/bot-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import type { Mint } from "../runtime/mint.ts";
import { wake } from "../work/wake.ts";
import { erasureJob, jobRef } from "./job.ts";

export interface DeleteBotDeps {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly bots: BotStore;
}

/** Hides a bot with everything under it at once and erases it by a job. */
export async function deleteBot(
  deps: DeleteBotDeps,
  teamId: string,
  botId: string,
  mint: Mint,
): Promise<void> {
  const jobId = mint.id("job");
  const job = erasureJob(teamId, jobId, { erase: "bot", bot_id: botId }, mint.now);
  const outcome = await deps.bots.markDeleted(teamId, botId, isoTime(mint.now), job);
  if (outcome === "unknown") throw notFound();
  await wake(deps, jobRef(teamId, jobId), mint.now);
}
