import * as v from "valibot";
import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import type { BotStore } from "../bots/bot-store.ts";
import type { Platform } from "../channels/channel.ts";
import { KnownUserId } from "../conversations/message.ts";
import { invalid, notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import type { Table } from "../table/table.ts";
import { wake } from "../work/wake.ts";
import { erasureJob } from "./job.ts";

/** Has a job erase all that one end user of a bot has said until now. Throws 422 for an id that is too long. */
export async function deleteUser(
  deps: DeleteUserDeps,
  by: Actor,
  { bot_id, user_id, platform }: WhichUser,
  mint: Mint,
): Promise<void> {
  const teamId = by.team_id;
  // A query was read with this; for a path that does not fit, a 404 would say that there is nobody to erase.
  const { issues } = v.safeParse(KnownUserId, user_id);
  if (issues) throw invalid("path.user_id", issues[0].message);
  if (!(await deps.bots.find(teamId, bot_id))) throw notFound();
  const erasure = {
    erase: "user",
    bot_id,
    platform: platform ?? null,
    user_id,
    before: isoTime(mint.now),
  } as const;
  const { row, ref } = erasureJob(teamId, erasure, mint);
  const audit = auditPart(by, mint, {
    action: "user.erased",
    resource_id: bot_id,
    // Who is to be forgotten is not remembered here either, not even as a hash.
    before: { platform: erasure.platform },
    after: null,
  });
  await deps.table.transact({ job: { putIfAbsent: row } }, audit);
  await wake(deps, ref, mint.now);
}

export interface DeleteUserDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly bots: BotStore;
}

interface WhichUser {
  readonly bot_id: Id<"bot">;
  readonly user_id: string;
  /** Every platform, if none is named. */
  readonly platform?: Platform | undefined;
}
