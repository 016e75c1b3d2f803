import type { Failure } from "../platforms/failure.ts";
import { log } from "../runtime/log.ts";
import { NoDataKeyError } from "../secrets/sealed.ts";
import { removeWork, tryInAnHour, waitUntil } from "../work/end-lease.ts";
import type { Lease } from "../work/lease.ts";
import type { Work, WorkDeps } from "../work/work-on.ts";
import { connectChannel, type ConnectDeps, giveUp, letGo } from "./connect-channel.ts";
import { asConnection, type Leaving, type StoredConnection } from "./connection.ts";

const minute = 60_000;
const hour = 60 * minute;
const connectsForMs = 72 * hour;
const leavesForMs = 24 * hour;
/** After the first attempt, which was the request's, and the one a minute later. */
const pausesMs = [5 * minute, 30 * minute, 2 * hour];
const patienceMs = 60_000;

/** The jobs worker's part of a channel: connects it at its platform, or lets go of what it had there. */
export const runConnection = (deps: RunConnectionDeps): Work<"connection"> => ({
  run: async (lease, signal, pace) => {
    const stored = asConnection(lease.item);
    if (!stored) return;
    const part = stored.connects ? connect : leave;
    await pace.watch(undefined, () => part(deps, lease, stored, signal));
  },

  giveUp: tryInAnHour(deps),
});

export type RunConnectionDeps = WorkDeps & ConnectDeps;

async function connect(
  deps: RunConnectionDeps,
  lease: Lease<"connection">,
  { since, tries }: StoredConnection,
  signal: AbortSignal,
): Promise<void> {
  const { team_id, channel_id } = lease.ref;
  const done = await connectChannel(deps, team_id, channel_id, { ms: patienceMs, signal });
  // Who settled it has removed or replaced this row, unless it was settled before.
  if (done.outcome !== "failed") return removeWork(deps, lease);
  if (deps.clock() - since < connectsForMs) return again(deps, lease, tries, done.failure);
  const ended = await giveUp(deps, team_id, done.channel, done.failure.message);
  if (ended === "changed") await waitUntil(deps, lease, deps.clock());
}

async function leave(
  deps: RunConnectionDeps,
  lease: Lease<"connection">,
  { leaving, since, tries }: StoredConnection,
  signal: AbortSignal,
): Promise<void> {
  const { team_id, channel_id } = lease.ref;
  const patience = { ms: patienceMs, signal };
  const isOver = deps.clock() - since >= leavesForMs;
  const waiting: { readonly of: Leaving; readonly failure: Failure }[] = [];
  for (const of of leaving) {
    const left = await letGo(deps, team_id, channel_id, of, patience).catch(unlessKeyIsGone);
    if (left.ok) continue;
    if (left.class === "retry" && !isOver) waiting.push({ of, failure: left });
    else {
      const { code, message } = left;
      log("warn", "channel_not_let_go", { team_id, channel_id, code, problem: message });
    }
  }
  const [first] = waiting;
  if (!first) return removeWork(deps, lease);
  await again(deps, lease, tries, first.failure, { leaving: waiting.map(({ of }) => of) });
}

/** The credentials of a team that is deleted can no longer be opened. */
function unlessKeyIsGone(error: unknown): { readonly ok: true } {
  if (error instanceof NoDataKeyError) return { ok: true };
  throw error;
}

function again(
  deps: RunConnectionDeps,
  lease: Lease,
  tries: number,
  { retry_after_ms = 0 }: Failure,
  set: Partial<StoredConnection> = {},
): Promise<void> {
  const pause = pausesMs[Math.min(tries, pausesMs.length - 1)] ?? 0;
  const at = deps.clock() + Math.max(pause, retry_after_ms);
  return waitUntil(deps, lease, at, { ...set, tries: tries + 1 });
}
