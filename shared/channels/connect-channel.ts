import type { StoredBot } from "../bots/bot.ts";
import type { Connected } from "../platforms/adapter.ts";
import type { Failure } from "../platforms/failure.ts";
import type { Queues } from "../queue/queues.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { equals } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import type { Operation, Table } from "../table/table.ts";
import { wake } from "../work/wake.ts";
import { askPlatform, type AskPlatformDeps, type Patience } from "./ask-platform.ts";
import { isOfPlatform, type PlatformChannel, type StoredChannel } from "./channel.ts";
import { openAccess } from "./channel-secrets.ts";
import type { ChannelStore } from "./channel-store.ts";
import { type Access, asConnection, connectionRef, leavePart } from "./connection.ts";
import { disconnectChannel } from "./disconnect-channel.ts";
import { accountPart } from "./introduce-channel.ts";

/** What became of connecting: there is nothing more to do, or it is to be tried again. */
export type Connecting =
  | { readonly outcome: "settled"; readonly channel: StoredChannel }
  | { readonly outcome: "gone" }
  | { readonly outcome: "failed"; readonly channel: PlatformChannel; readonly failure: Failure };

const mostTries = 5;

/**
 * Connects a pending channel at its platform. Who finds after the call that the channel was changed meanwhile calls again
 * with what it has now, so that the last call is always right; who finds it deleted takes back what it set.
 */
export async function connectChannel(
  deps: ConnectDeps,
  teamId: Id<"team">,
  id: Id<"ch">,
  patience: Patience,
): Promise<Connecting> {
  let called: PlatformChannel | undefined;
  let failure: Failure = changing;
  let seen: PlatformChannel | undefined;
  for (let tries = 0; tries < mostTries; tries++) {
    const found = await deps.channels.find(teamId, id);
    if (!found || !isOfPlatform(found.channel)) {
      if (called) await letGo(deps, teamId, id, called, patience);
      return { outcome: "gone" };
    }
    seen = found.channel;
    if (seen.status !== "pending" && !called) return { outcome: "settled", channel: seen };
    const known = await withAccount(deps, teamId, seen, found.bot, patience);
    if (known === "changed") continue;
    if ("outcome" in known) return known;
    called = known;
    const access = await openAccess(deps.secrets, teamId, id, known, found.bot);
    const connected = await askPlatform(deps, known.type, patience, (adapter, ask) =>
      adapter.connect(ask, access),
    );
    if (connected.ok) {
      const channel = await settle(deps, teamId, known, connected);
      if (channel) return { outcome: "settled", channel };
      continue;
    }
    failure = connected;
    const refused = await giveUpOrTell(deps, teamId, known, connected);
    if (refused !== "changed") return refused;
  }
  return seen ? { outcome: "failed", channel: seen, failure } : { outcome: "gone" };
}

export interface ConnectDeps extends AskPlatformDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly channels: ChannelStore;
  readonly secrets: TeamSecrets;
}

const changing: Failure = {
  class: "retry",
  code: "changing",
  message: "The channel was changed again and again while it was being connected.",
};

/** Takes back at the platform what is still ours there. */
export async function letGo(
  deps: ConnectDeps,
  teamId: Id<"team">,
  id: Id<"ch">,
  leaving: Access,
  patience: Patience,
) {
  const access = await openAccess(deps.secrets, teamId, id, leaving);
  return askPlatform(deps, leaving.type, patience, (adapter, ask) =>
    adapter.disconnect(ask, access),
  );
}

/** The channel with its account: where the platform was out of reach before, it is asked now, and the account taken. */
async function withAccount(
  deps: ConnectDeps,
  teamId: Id<"team">,
  channel: PlatformChannel,
  bot: StoredBot,
  patience: Patience,
): Promise<PlatformChannel | Connecting | "changed"> {
  if (channel.account) return channel;
  const access = await openAccess(deps.secrets, teamId, channel.id, channel, bot);
  const probed = await askPlatform(deps, channel.type, patience, (adapter, ask) =>
    adapter.probe(ask, access),
  );
  if (!probed.ok) return giveUpOrTell(deps, teamId, channel, probed);
  const { account } = probed;
  const part = await accountPart(deps, teamId, channel, account);
  if (part === "taken") return giveUpOrTell(deps, teamId, channel, inUse);
  const next = { ...channel, account, version: channel.version + 1 };
  const outcome = await deps.table.transact({
    channel: changeOf(teamId, channel, { account, version: next.version }),
    hook: { update: keys.hook(channel.id), change: { set: { account, version: next.version } } },
    account: part,
  });
  return outcome.applied ? next : "changed";
}

const inUse: Failure = {
  class: "disconnected",
  code: "account_in_use",
  message: "Another channel of the team speaks for this account.",
};

/** Writes down that the platform has taken the channel; undefined when it was changed meanwhile. */
async function settle(
  deps: ConnectDeps,
  teamId: Id<"team">,
  channel: PlatformChannel,
  { problems, replaced_url }: Extract<Connected, { ok: true }>,
): Promise<StoredChannel | undefined> {
  const at = isoTime(deps.clock());
  const set = {
    status: "connected",
    status_reason: problems[0]?.message ?? null,
    replaced_url: replaced_url ?? channel.replaced_url ?? null,
    health: { checked_at: at, ok: problems.length === 0, problems },
    version: channel.version + 1,
    updated_at: at,
  } as const;
  const connection = await afterwards(deps, teamId, channel);
  const outcome = await deps.table.transact({
    channel: changeOf(teamId, channel, set),
    connection,
  });
  if (!outcome.applied) return undefined;
  await wakeIfLeft(deps, teamId, channel, connection);
  return { ...channel, ...set, health: { ...set.health, problems: [...problems] } };
}

/** A channel whose credentials are dead is disconnected; of another failure its owner is told, and it is tried again. */
async function giveUpOrTell(
  deps: ConnectDeps,
  teamId: Id<"team">,
  channel: PlatformChannel,
  failure: Failure,
): Promise<Connecting | "changed"> {
  if (failure.class === "disconnected") return giveUp(deps, teamId, channel, failure.message);
  const { applied } = await deps.table.update(
    keys.channel(teamId, channel.bot_id, channel.id),
    { set: { status_reason: failure.message } },
    equals("version", channel.version),
  );
  if (!applied) return "changed";
  return {
    outcome: "failed",
    channel: { ...channel, status_reason: failure.message },
    failure,
  };
}

/** Ends the attempts: the channel is disconnected, and what it had before is let go. */
export async function giveUp(
  deps: ConnectDeps,
  teamId: Id<"team">,
  channel: PlatformChannel,
  reason: string,
): Promise<Connecting | "changed"> {
  const connection = await afterwards(deps, teamId, channel);
  const now = deps.clock();
  const outcome = await disconnectChannel(deps, teamId, channel, reason, now, { connection });
  if (outcome === "changed") return outcome;
  await wakeIfLeft(deps, teamId, channel, connection);
  const found = await deps.channels.find(teamId, channel.id);
  return found ? { outcome: "settled", channel: found.channel } : { outcome: "gone" };
}

/** What becomes of the work of a channel that needs no more connecting. */
async function afterwards(
  { table, clock }: ConnectDeps,
  teamId: Id<"team">,
  channel: PlatformChannel,
): Promise<Operation> {
  const key = keys.connection(teamId, channel.id);
  const before = asConnection(await table.get(key))?.leaving ?? [];
  // What it has again must not be let go.
  const leaving = before.filter(
    ({ account_id }) => account_id === null || account_id !== channel.account?.id,
  );
  return leaving.length > 0 ? leavePart(teamId, channel, leaving, clock()) : { delete: key };
}

async function wakeIfLeft(
  deps: ConnectDeps,
  teamId: Id<"team">,
  { id }: PlatformChannel,
  connection: Operation,
): Promise<void> {
  if ("put" in connection) await wake(deps, connectionRef(teamId, id), deps.clock());
}

const changeOf = (
  teamId: Id<"team">,
  { id, bot_id, version }: PlatformChannel,
  set: Readonly<Record<string, unknown>>,
): Operation => ({
  update: keys.channel(teamId, bot_id, id),
  change: { set },
  condition: equals("version", version),
});
