import type { DeliveryStore, ListedDelivery } from "../deliveries/delivery-store.ts";
import { invalid } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { keys } from "../table/keys.ts";
import type { Item, Table } from "../table/table.ts";
import { wake } from "../work/wake.ts";
import { arm } from "../work/work-item.ts";
import { activeWebhook } from "./active-webhook.ts";
import type { Replay, ReplayInput } from "./replay.ts";
import { isReplayed, mayBeReplayed, rangeOf } from "./replayed-deliveries.ts";
import type { WebhookStore } from "./webhook-store.ts";

const mostCounted = 10_000;
/** What is counted is read while the caller waits. */
const mostExamined = 10_000;
/** As long as deliveries are kept; then nothing of it is left to do. */
const keptSeconds = 30 * 24 * 60 * 60;

/** Has a job send deliveries to an endpoint again; gives how many. A repeat of the request begins no second one. */
export async function replayDeliveries(
  deps: ReplayDeliveriesDeps,
  teamId: Id<"team">,
  webhookId: Id<"wh">,
  input: ReplayInput,
  mint: Mint,
): Promise<Pick<Replay, "replayed">> {
  const { since, until } = timesOf(input, mint.now);
  const jobId = mint.id("job");
  const retry_id = mint.id("req");
  const key = keys.replay(teamId, jobId);
  await activeWebhook(deps, teamId, webhookId).catch(async (refusal: unknown) => {
    // An earlier run of this request may have begun it while the endpoint was active.
    if (!(await deps.table.get(key))) throw refusal;
  });
  const { event_types = null, all } = input;
  const replay = { webhook_id: webhookId, since, until, event_types, all, retry_id, replayed: 0 };
  const replayed = await count(deps, teamId, replay);
  const outcome = await deps.table.putIfAbsent({
    ...key,
    ...replay,
    replayed,
    claims: 0,
    sweeps: 0,
    remove_at: Math.floor(mint.now / 1000) + keptSeconds,
    ...arm(key, mint.now, mint.now),
  });
  await wake(deps, { kind: "replay", team_id: teamId, job_id: jobId }, mint.now);
  // Refused, it is there: what an earlier run of this request has counted.
  return { replayed: outcome.applied ? replayed : countedBy(outcome.item) };
}

export interface ReplayDeliveriesDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
}

/** What is created while the job runs is not sent twice. */
function timesOf({ since, until }: ReplayInput, now: number) {
  const end = until === undefined ? now : Math.min(Date.parse(until), now);
  if (Date.parse(since) >= now) throw invalid("body.since", "Must lie in the past.");
  if (Date.parse(since) >= end) throw invalid("body.until", "Must be later than since.");
  return { since: isoTime(Date.parse(since)), until: isoTime(end) };
}

/** Rows of this key are written here alone. */
const countedBy = (item: Item | undefined) => Number(item?.["replayed"] ?? 0);

async function count(
  { deliveries, clock }: ReplayDeliveriesDeps,
  teamId: Id<"team">,
  replay: Replay,
): Promise<number> {
  let counted = 0;
  let examined = 0;
  const part = { ...rangeOf(replay), descending: true };
  for await (const page of deliveries.listed(teamId, replay.webhook_id, part)) {
    const asked = page.filter((listed) => mayBeReplayed(listed, replay, clock()));
    // Whether an attempt has failed stands in the rows only.
    const isTold = ({ status }: ListedDelivery) =>
      status === "failed" || (replay.all && status === "succeeded");
    const ids = asked.filter((listed) => !isTold(listed)).map(({ list_sk }) => list_sk);
    const rows = await deliveries.findAll(teamId, ids);
    counted += asked.length - ids.length;
    counted += rows.filter((row) => isReplayed(row, replay)).length;
    examined += page.length;
    if (counted >= mostCounted || examined >= mostExamined) break;
  }
  return Math.min(counted, mostCounted);
}
