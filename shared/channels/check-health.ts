import type { StoredBot } from "../bots/bot.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { describeError, log } from "../runtime/log.ts";
import { atMost, either, equals, missing } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import { wake } from "../work/wake.ts";
import { askPlatform } from "./ask-platform.ts";
import { type Health, isOfPlatform, type PlatformChannel, type StoredChannel } from "./channel.ts";
import { openAccess } from "./channel-secrets.ts";
import { asChannel } from "./channel-store.ts";
import { type ConnectDeps, giveUp } from "./connect-channel.ts";
import { connectionRef, connectPart } from "./connection.ts";

const pauseMs = 60_000;
const patienceMs = 5_000;

/**
 * A channel with what its platform says of it, asked at most once a minute whoever asks; never throws for what the
 * platform does. One that may not be waited for is shown as it was. Dead credentials disconnect it, and good ones of a disconnected channel have it connected again.
 */
export async function checkHealth(
  deps: ConnectDeps,
  teamId: Id<"team">,
  { channel, bot }: { readonly channel: StoredChannel; readonly bot: StoredBot },
  turnedAway: AbortSignal,
): Promise<StoredChannel> {
  if (!isOfPlatform(channel)) return channel;
  const now = deps.clock();
  if (channel.probed_at !== undefined && channel.probed_at > now - pauseMs) return channel;
  try {
    const key = keys.channel(teamId, channel.bot_id, channel.id);
    const claimed = await deps.table.update(
      key,
      { set: { probed_at: now } },
      either(missing("probed_at"), atMost("probed_at", now - pauseMs)),
    );
    if (!claimed.applied) return asChannel(claimed.item) ?? channel;
    const access = await openAccess(deps.secrets, teamId, channel.id, channel, bot);
    const patience = { ms: patienceMs, turnedAway };
    const probed = await askPlatform(deps, channel.type, patience, (adapter, ask) =>
      adapter.probe(ask, access),
    );
    // It was not waited for, which says nothing of the platform.
    if (turnedAway.aborted) return channel;
    const told = toldHere(channel);
    const problems = probed.ok
      ? [...probed.problems]
      : [{ code: probed.code, message: probed.message }, ...told];
    const health: Health = { checked_at: isoTime(now), ok: problems.length === 0, problems };
    const reason =
      probed.ok && channel.status === "connected"
        ? (problems[0]?.message ?? (told.length > 0 ? null : channel.status_reason))
        : channel.status_reason;
    await deps.table.update(
      key,
      { set: { health, status_reason: reason } },
      equals("version", channel.version),
    );
    const seen = { ...channel, health, status_reason: reason };
    if (probed.ok && probed.account.id === channel.account?.id) {
      return await connectAgain(deps, teamId, seen, now);
    }
    if (!probed.ok && probed.class === "disconnected" && channel.status !== "disconnected") {
      const ended = await giveUp(deps, teamId, seen, probed.message);
      return ended !== "changed" && ended.outcome === "settled" ? ended.channel : seen;
    }
    return seen;
  } catch (error) {
    log("warn", "health_not_checked", {
      team_id: teamId,
      channel_id: channel.id,
      ...describeError(error),
    });
    return channel;
  }
}

/** The problem that is the channel's reason because an earlier look has found it; others' reasons stay. */
const toldHere = ({ status_reason, health }: PlatformChannel) =>
  health?.problems.filter(({ message }) => message === status_reason) ?? [];

/** Has a disconnected channel connected by the worker, unless that is still letting go of what it had. */
async function connectAgain(
  deps: ConnectDeps,
  teamId: Id<"team">,
  channel: PlatformChannel,
  now: number,
): Promise<StoredChannel> {
  if (channel.status !== "disconnected") return channel;
  const { id, bot_id, version } = channel;
  const set = {
    status: "pending",
    status_reason: null,
    version: version + 1,
    updated_at: isoTime(now),
  } as const;
  const outcome = await deps.table.transact({
    channel: {
      update: keys.channel(teamId, bot_id, id),
      change: { set },
      condition: equals("version", version),
    },
    connection: { putIfAbsent: connectPart(teamId, channel, { at: now, now, leaving: [] }).put },
  });
  if (!outcome.applied) return channel;
  await wake(deps, connectionRef(teamId, id), now);
  return { ...channel, ...set };
}
