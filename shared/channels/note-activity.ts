import type { Failure } from "../platforms/failure.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { describeError, log } from "../runtime/log.ts";
import {
  all,
  atMost,
  type Change,
  type Condition,
  either,
  equals,
  missing,
} from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import { memoryByTable } from "../table/memory-by-table.ts";
import type { Table } from "../table/table.ts";
import type { NotedFailure, StoredChannel } from "./channel.ts";

const pauseMs = 60_000;
/** A platform that takes the next message has not said yet whether that one arrives. */
const laterMs = 10 * 60_000;
/** When a process last noted a reply of a channel: those that go out at once have all read the same row. */
const memoryOf = memoryByTable<Id<"ch">, number>(10_000);

/**
 * Notes that a reply went out through a channel, by what was read of the channel for it: at most once a minute, or when
 * that ends a failure. Never throws: the next reply notes it as well.
 */
export async function noteSent(
  deps: NoteDeps,
  teamId: Id<"team">,
  channel: StoredChannel,
): Promise<void> {
  const { id, last_outbound_at, send_failure } = channel;
  const now = deps.clock();
  const set = { last_outbound_at: isoTime(now) };
  if (send_failure && isOver(send_failure, now)) {
    // One that came since is not over.
    const condition = equals("send_failure", send_failure);
    return note(deps, teamId, channel, { set, remove: ["send_failure"] }, condition);
  }
  const before = now - pauseMs;
  const memory = memoryOf(deps.table);
  if (Math.max(timeOf(last_outbound_at), memory.get(id) ?? 0) > before) return;
  memory.set(id, now);
  const isEarlier = atMost("last_outbound_at", isoTime(before));
  await note(deps, teamId, channel, { set }, either(missing("last_outbound_at"), isEarlier));
}

/**
 * Notes why a reply was refused, where the owner of the channel has to mend it: until a reply goes out, and only when it
 * is something new. Never throws: the next reply is refused as well.
 */
export const noteRefused = (
  deps: NoteDeps,
  teamId: Id<"team">,
  channel: StoredChannel,
  failure: Failure,
  /** It was taken, and refused afterwards. */
  told_later = false,
): Promise<void> => noteFailure(deps, teamId, channel, "send_failure", failure, told_later);

/** The same of a file that the platform does not let us have: until one was fetched. */
export const noteNotFetched = (
  deps: NoteDeps,
  teamId: Id<"team">,
  channel: StoredChannel,
  failure: Failure,
): Promise<void> => noteFailure(deps, teamId, channel, "fetch_failure", failure);

/** Notes that a file was fetched, where that ends a failure. Never throws: the next file notes it as well. */
export async function noteFetched(
  deps: NoteDeps,
  teamId: Id<"team">,
  channel: StoredChannel,
): Promise<void> {
  const { fetch_failure } = channel;
  if (!fetch_failure) return;
  const condition = equals("fetch_failure", fetch_failure);
  await note(deps, teamId, channel, { remove: ["fetch_failure"] }, condition);
}

async function noteFailure(
  deps: NoteDeps,
  teamId: Id<"team">,
  channel: StoredChannel,
  field: "send_failure" | "fetch_failure",
  { class: kind, code, message }: Failure,
  told_later = false,
): Promise<void> {
  if (kind !== "configuration") return;
  const { [field]: seen, version } = channel;
  const now = deps.clock();
  const isKnown = seen?.code === code && seen.message === message;
  if (isKnown || timeOf(seen?.at) > now - pauseMs) return;
  const failure: NotedFailure = {
    code,
    message,
    at: isoTime(now),
    ...(told_later && { told_later }),
  };
  const isAsSeen = seen ? equals(field, seen) : missing(field);
  // Of other credentials it says nothing.
  const condition = all(equals("version", version), isAsSeen);
  await note(deps, teamId, channel, { set: { [field]: failure } }, condition);
}

interface NoteDeps {
  readonly table: Table;
  readonly clock: Clock;
}

const timeOf = (at: string | undefined) => (at === undefined ? 0 : Date.parse(at));

const isOver = ({ at, told_later }: NotedFailure, now: number) =>
  !told_later || timeOf(at) <= now - laterMs;

async function note(
  { table }: NoteDeps,
  teamId: Id<"team">,
  { id, bot_id }: StoredChannel,
  change: Change,
  condition: Condition,
): Promise<void> {
  try {
    await table.update(keys.channel(teamId, bot_id, id), change, condition);
  } catch (error) {
    memoryOf(table).set(id, 0);
    log("warn", "channel_not_noted", { team_id: teamId, channel_id: id, ...describeError(error) });
  }
}
