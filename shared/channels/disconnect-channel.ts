import { usageParts } from "../figures/count-usage.ts";
import type { Queues } from "../queue/queues.ts";
import { isoTime } from "../runtime/clock.ts";
import { derivedId } from "../runtime/derived-id.ts";
import type { Id } from "../runtime/ids.ts";
import { all, either, equals } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import type { Parts, Table } from "../table/table.ts";
import { reportParts, wakeDeliveries } from "../webhooks/report-event.ts";
import { readWanting } from "../webhooks/webhook-store.ts";
import type { StoredChannel } from "./channel.ts";
import type { ChannelDisconnected } from "./channel-events.ts";

/**
 * Marks a channel as disconnected because its platform refuses it for good, and reports it, once. A channel that was
 * changed since it was read, as by new credentials, stays as it is: `changed`.
 */
export async function disconnectChannel(
  deps: DisconnectDeps,
  teamId: Id<"team">,
  { id, bot_id, type, version }: StoredChannel,
  reason: string,
  now: number,
  withIt: Parts = {},
): Promise<"disconnected" | "changed"> {
  const webhooks = await readWanting(deps.table, teamId, "channel.disconnected");
  const data: ChannelDisconnected = { channel_id: id, bot_id, type, reason };
  const report = reportParts(teamId, webhooks, {
    id: derivedId("evt", now, id, String(version), "channel.disconnected"),
    type: "channel.disconnected",
    at: now,
    data,
  });
  const outcome = await deps.table.transact(
    {
      channel: {
        update: keys.channel(teamId, bot_id, id),
        change: {
          set: {
            status: "disconnected",
            status_reason: reason,
            version: version + 1,
            updated_at: isoTime(now),
          },
        },
        condition: all(
          either(equals("status", "connected"), equals("status", "pending")),
          equals("version", version),
        ),
      },
    },
    {
      ...report.parts,
      ...usageParts(teamId, id, [{ at: now, counts: { deliveries: report.delivery_ids.length } }]),
      ...withIt,
    },
  );
  if (!outcome.applied) return "changed";
  await wakeDeliveries(deps, teamId, report.delivery_ids);
  return "disconnected";
}

interface DisconnectDeps {
  readonly table: Table;
  readonly queues: Queues;
}
