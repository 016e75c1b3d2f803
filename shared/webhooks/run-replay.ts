import * as v from "valibot";
import type { StoredDelivery } from "../deliveries/delivery.ts";
import type { DeliveryStore } from "../deliveries/delivery-store.ts";
import type { Id } from "../runtime/ids.ts";
import { equals } from "../table/condition.ts";
import { overChanges } from "../table/over-changes.ts";
import { finishWork, tryInAnHour, waitUntil } from "../work/end-lease.ts";
import type { Lease } from "../work/lease.ts";
import type { Work, WorkDeps } from "../work/work-on.ts";
import { Replay } from "./replay.ts";
import { isReplayed, mayBeReplayed, rangeOf } from "./replayed-deliveries.ts";
import { wakeDeliveries } from "./report-event.ts";
import type { WebhookStore } from "./webhook-store.ts";

const sliceMs = 60_000;
const pageSize = 100;

/** The jobs worker's part: arms deliveries for a slice of time, oldest first, and goes on later from where it has come. */
export const runReplay = (deps: ReplayDeps): Work<"replay"> => ({
  run: async (lease, signal, pace) => {
    const isDone = await pace.watch(undefined, () => replaySlice(deps, lease, signal));
    if (isDone) return finishWork(deps, lease);
    await waitUntil(deps, lease, deps.clock());
  },

  giveUp: tryInAnHour(deps),
});

export interface ReplayDeps extends WorkDeps {
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
}

/** Whether nothing is left. An endpoint that is gone or disabled is told nothing, so that its replay ends. */
async function replaySlice(
  deps: ReplayDeps,
  { ref: { team_id }, key, token, item }: Lease<"replay">,
  signal: AbortSignal,
): Promise<boolean> {
  const { table, deliveries, clock } = deps;
  const replay = v.parse(Replay, item);
  const until = clock() + sliceMs;
  const part = { ...rangeOf(replay), limit: pageSize };
  for await (const page of deliveries.listed(team_id, replay.webhook_id, part)) {
    const webhook = await deps.webhooks.find(team_id, replay.webhook_id);
    if (webhook?.status !== "active") return true;
    const asked = page.filter((listed) => mayBeReplayed(listed, replay, clock()));
    const rows = await deliveries.findAll(
      team_id,
      asked.map(({ list_sk }) => list_sk),
    );
    signal.throwIfAborted();
    const armed = await Promise.all(rows.map((row) => armAgain(deps, team_id, replay, row)));
    const ids = rows.flatMap(({ id }, index) => (armed[index] === "armed" ? [id] : []));
    await wakeDeliveries(deps, team_id, ids);
    const position = page.at(-1)?.list_sk;
    if (position === undefined) continue;
    const noted = { set: { position, claims: 0 } };
    const { applied } = await table.update(key, noted, equals("lease_token", token));
    if (!applied || clock() > until) return false;
  }
  return true;
}

/** Arms a delivery if it is still one that is sent again. */
function armAgain(
  { deliveries, clock }: ReplayDeps,
  teamId: Id<"team">,
  replay: Replay,
  row: StoredDelivery,
): Promise<"armed" | "left"> {
  let seen: StoredDelivery | undefined = row;
  return overChanges(["delivery", row.id], async () => {
    if (!seen || !isReplayed(seen, replay)) return "left";
    if (await deliveries.rearm(teamId, seen, replay.retry_id, clock())) return "armed";
    seen = await deliveries.find(teamId, row.id);
    return undefined;
  });
}
