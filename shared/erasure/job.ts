import * as v from "valibot";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
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

/** A new job that erases something: its row, armed for now, and what wakes the worker for it. */
export function erasureJob(
  teamId: Id<"team">,
  erasure: Erasure,
  mint: Mint,
): { readonly row: Item; readonly ref: WorkRef<"job"> } {
  const job_id = mint.id("job");
  const key = keys.job(teamId, job_id);
  return {
    row: { ...key, ...erasure, claims: 0, sweeps: 0, ...arm(key, mint.now, mint.now) },
    ref: { kind: "job", team_id: teamId, job_id },
  };
}
