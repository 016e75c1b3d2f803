import type { Id } from "../runtime/ids.ts";
import { keys, lists } from "../table/keys.ts";
import type { Item, Table } from "../table/table.ts";
import type { StoredDelivery } from "./delivery.ts";
import { asDelivery, isThere } from "./delivery-store.ts";

/** What the index `listed` holds of a delivery to an endpoint. It may lag behind its row. */
export interface ListedDelivery extends Pick<
  StoredDelivery,
  "status" | "event_type" | "remove_at"
> {
  readonly list_sk: Id<"dlv">;
}

/** Which part of a list is read, from which end, and how many of it at once. */
interface Part {
  /** Positions in the list, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly descending?: boolean;
  readonly limit?: number;
}

/** The deliveries to an endpoint by creation, page by page: also those past their time. */
export async function* listedDeliveries(
  table: Table,
  teamId: Id<"team">,
  webhookId: Id<"wh">,
  { from = "dlv_", to = "dlv_~", ...how }: Part,
): AsyncGenerator<ListedDelivery[]> {
  const pk = lists.deliveries(teamId, webhookId);
  const pages = table.queryPages({ pk, index: "listed", where: { between: [from, to] }, ...how });
  for await (const rows of pages) yield rows.map(asListed);
}

/** The index holds rows as `deliveryPart` wrote them. */
const asListed = (row: Item) => row as unknown as ListedDelivery;

/** The rows of listed deliveries, but for those past their time. */
export async function deliveriesOf(
  table: Table,
  teamId: Id<"team">,
  listed: readonly Pick<ListedDelivery, "list_sk">[],
  now: number,
): Promise<StoredDelivery[]> {
  const rows = await table.batchGet(listed.map(({ list_sk }) => keys.delivery(teamId, list_sk)));
  return rows.flatMap((row) => {
    const delivery = asDelivery(row);
    return delivery && isThere(delivery, now) ? [delivery] : [];
  });
}
