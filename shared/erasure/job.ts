import * as v from "valibot";
import { id } from "../schema/fields.ts";
import { keys } from "../table/keys.ts";
import type { Item } from "../table/table.ts";
import { arm } from "../work/work-item.ts";
import type { WorkRef } from "../work/work-kinds.ts";

/** What is to be erased, as a job's row says. */
export const Erasure = v.variant("erase", [
  v.object({ erase: v.literal("conversation"), bot_id: id("bot"), conversation_id: id("conv") }),
  v.object({ erase: v.literal("channel"), bot_id: id("bot"), channel_id: id("ch") }),
  v.object({ erase: v.literal("bot"), bot_id: id("bot") }),
  v.object({ erase: v.literal("agent_loop"), agent_loop_id: id("loop") }),
  v.object({ erase: v.literal("team") }),
  v.object({
    erase: v.literal("user"),
    bot_id: id("bot"),
    platform: v.nullable(v.string()),
    user_id: v.string(),
    /** Only what was said before; ISO 8601. */
    before: v.string(),
  }),
]);
export type Erasure = v.InferOutput<typeof Erasure>;

/** The row of a job that erases something, armed for now. */
export function erasureJob(teamId: string, jobId: string, erasure: Erasure, now: number): Item {
  const key = keys.job(teamId, jobId);
  return { ...key, ...erasure, claims: 0, sweeps: 0, ...arm(key, now, now) };
}

/** What wakes the worker for a job. */
export const jobRef = (teamId: string, jobId: string): WorkRef<"job"> => ({
  kind: "job",
  team_id: teamId,
  job_id: jobId,
});
