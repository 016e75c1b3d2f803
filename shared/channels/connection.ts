import type { Id } from "../runtime/ids.ts";
import { keys } from "../table/keys.ts";
import type { Item } from "../table/table.ts";
import { arm, type WorkItem } from "../work/work-item.ts";
import type { WorkRef } from "../work/work-kinds.ts";
import type { PlatformChannel } from "./channel.ts";

/** What it takes to speak for a channel at its platform. */
export type Access = Pick<PlatformChannel, "type" | "webhook_url" | "credentials" | "hook_secret">;

/** An account that is to be let go. */
export interface Leaving extends Access {
  /** Null where it was never known. */
  readonly account_id: string | null;
}

/** The work of a channel at its platform. There is none while nothing is to be done there. */
export interface StoredConnection extends WorkItem {
  readonly bot_id: Id<"bot">;
  /** Whether the channel is to be connected; otherwise to let go is all that is left to do. */
  readonly connects: boolean;
  /** What the channel had before, or had when it was deleted: let go once it is connected. */
  readonly leaving: readonly Leaving[];
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

/** What a channel has, to be let go later. */
export const leavingOf = ({
  type,
  webhook_url,
  credentials,
  hook_secret,
  account,
}: PlatformChannel): Leaving => ({
  type,
  webhook_url,
  credentials,
  hook_secret,
  account_id: account?.id ?? null,
});

type Ids = Pick<PlatformChannel, "id" | "bot_id">;

/** The part of a transaction that has a channel connected from a time on, and then lets go of what it had. */
export const connectPart = (
  teamId: Id<"team">,
  ids: Ids,
  { at, now, leaving }: { at: number; now: number; leaving: readonly Leaving[] },
) => ({ put: row(teamId, ids, { connects: true, leaving, at, now }) });

/** The part of a transaction that has accounts let go. */
export const leavePart = (
  teamId: Id<"team">,
  ids: Ids,
  leaving: readonly Leaving[],
  now: number,
) => ({ put: row(teamId, ids, { connects: false, leaving, at: now, now }) });

function row(
  teamId: Id<"team">,
  { id, bot_id }: Ids,
  {
    connects,
    leaving,
    at,
    now,
  }: Pick<StoredConnection, "connects" | "leaving"> & { readonly at: number; readonly now: number },
): Item & StoredConnection {
  const key = keys.connection(teamId, id);
  const work = { since: now, tries: 0, claims: 0, sweeps: 0, ...arm(key, at, now) };
  return { ...key, bot_id, connects, leaving, ...work };
}
