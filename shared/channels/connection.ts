import { keys } from "../table/keys.ts";
import type { Id } from "../runtime/ids.ts";
import type { Item } from "../table/table.ts";
import { arm, type WorkItem } from "../work/work-item.ts";
import type { WorkRef } from "../work/work-kinds.ts";
import type { PlatformChannel } from "./channel.ts";

/** What it takes to let go of an account. */
export type Leaving = Pick<PlatformChannel, "type" | "webhook_url" | "credentials" | "hook_secret">;

/** The work of a channel at its platform. There is none while nothing is to be done there. */
export interface StoredConnection extends WorkItem {
  readonly bot_id: Id<"bot">;
  /** Whether the channel is to be connected; otherwise `leaving` is all that is left to do. */
  readonly connects: boolean;
  /** What the channel had before, or had when it was deleted. */
  readonly leaving?: Leaving;
  /** When this began; unix milliseconds. */
  readonly since: number;
  /** How often the worker has tried in vain. */
  readonly tries: number;
}

/** A stored connection; its shape is held by `test/contract/data-model.test.ts`. */
export const asConnection = (item: Item | undefined) =>
  item as (Item & StoredConnection) | undefined;

/** Names the work of a channel at its platform. */
export const connectionRef = (teamId: Id<"team">, channelId: Id<"ch">): WorkRef<"connection"> => ({
  kind: "connection",
  team_id: teamId,
  channel_id: channelId,
});

/** The part of a transaction that has a channel connected, from a time on. */
export const connectPart = (
  teamId: Id<"team">,
  { id, bot_id }: Pick<PlatformChannel, "id" | "bot_id">,
  { at, now, leaving }: { at: number; now: number; leaving?: Leaving | undefined },
) => ({
  put: row(teamId, { id, bot_id }, { connects: true, leaving, at, now }),
});

/** The part of a transaction that has an account let go. */
export const leavePart = (
  teamId: Id<"team">,
  { id, bot_id }: Pick<PlatformChannel, "id" | "bot_id">,
  { type, webhook_url, credentials, hook_secret }: Leaving,
  now: number,
) => {
  const leaving = { type, webhook_url, credentials, hook_secret };
  return { put: row(teamId, { id, bot_id }, { connects: false, leaving, at: now, now }) };
};

function row(
  teamId: Id<"team">,
  { id, bot_id }: Pick<PlatformChannel, "id" | "bot_id">,
  {
    connects,
    leaving,
    at,
    now,
  }: { connects: boolean; leaving: Leaving | undefined; at: number; now: number },
): Item & StoredConnection {
  const key = keys.connection(teamId, id);
  return {
    ...key,
    bot_id,
    connects,
    ...(leaving && { leaving }),
    since: now,
    tries: 0,
    claims: 0,
    sweeps: 0,
    ...arm(key, at, now),
  };
}
