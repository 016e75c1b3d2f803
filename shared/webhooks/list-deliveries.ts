import type { Delivery } from "../deliveries/delivery.ts";
import {
  type DeliveryStore,
  isThere,
  type ListedDelivery,
  shownDelivery,
} from "../deliveries/delivery-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { matches } from "../schema/matches.ts";
import type { Page, PageRequest } from "../table/page.ts";
import type { ReportedType } from "./event-type.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** Which deliveries are asked for. */
export interface DeliveryFilter {
  readonly status?: Delivery["status"] | undefined;
  readonly event_type?: ReportedType | undefined;
}

const mostExamined = 10_000;

/** The deliveries to an endpoint, newest first: as many as may be examined at once; a cursor goes on where they end. */
export async function listDeliveries(
  deps: ListDeliveriesDeps,
  teamId: Id<"team">,
  webhookId: Id<"wh">,
  filter: DeliveryFilter,
  { per_page, page, after }: PageRequest,
): Promise<Page<Delivery>> {
  if (!(await deps.webhooks.find(teamId, webhookId))) throw notFound();
  const list = { ...deps, teamId, webhookId, filter };
  const skip = after === undefined ? (page - 1) * per_page : 0;
  const [newest, rest = newest] = await Promise.all([
    examine(list),
    after === undefined ? undefined : examine(list, { after, enough: per_page + 1 }),
  ]);
  const shown = rest.found.slice(skip, skip + per_page);
  const hasMore = rest.found.length > skip + per_page;
  const rows = await deps.deliveries.findAll(
    teamId,
    shown.map(({ list_sk }) => list_sk),
  );
  return {
    rows: rows.map(shownDelivery),
    total: newest.found.length,
    total_is_exact: newest.isWhole,
    next: hasMore ? shown.at(-1)?.list_sk : rest.isWhole ? undefined : rest.last,
  };
}

export interface ListDeliveriesDeps {
  readonly deliveries: DeliveryStore;
  readonly webhooks: WebhookStore;
  readonly clock: Clock;
}

interface List extends ListDeliveriesDeps {
  readonly teamId: Id<"team">;
  readonly webhookId: Id<"wh">;
  readonly filter: DeliveryFilter;
}

/** What was found behind a position, how far was looked, and whether that was the end. */
interface Examined {
  readonly found: readonly ListedDelivery[];
  readonly last: string | undefined;
  readonly isWhole: boolean;
}

async function examine(
  { deliveries, clock, teamId, webhookId, filter }: List,
  { after, enough = Infinity }: { readonly after?: string; readonly enough?: number } = {},
): Promise<Examined> {
  const found: ListedDelivery[] = [];
  let last: string | undefined;
  let examined = 0;
  const part = { to: after, descending: true };
  for await (const rows of deliveries.listed(teamId, webhookId, part)) {
    for (const row of rows) {
      if (row.list_sk === after) continue;
      if (examined === mostExamined || found.length >= enough) {
        return { found, last, isWhole: false };
      }
      examined++;
      last = row.list_sk;
      if (isThere(row, clock()) && matches(row, filter)) found.push(row);
    }
  }
  return { found, last, isWhole: true };
}
