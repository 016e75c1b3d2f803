import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { all, type Change, type Condition, equals, missing } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import type { Operation } from "../table/table.ts";
import type { StoredHealth, StoredIntegration } from "./integration.ts";

/** So many failures in a row within this time, and a backend is passed over. */
const mostFailures = 5;
const withinMs = 60_000;
const skippedForMs = 30_000;
/** How often an error is shown. */
const errorPauseMs = 60_000;

/** Whether a backend is passed over now while another can answer. */
export const isSkipped = ({ health }: StoredIntegration, now: number) =>
  now < (health?.skipped_until ?? 0);

/**
 * The part of a transaction that writes a failure into the row of its integration, as that was read: undefined where
 * nothing there changes, as at most failures of a backend that is down. Nothing is said of one that was changed since it
 * was `asked`.
 */
export function failurePart(
  teamId: Id<"team">,
  asked: StoredIntegration,
  seen: StoredIntegration | undefined,
  message: string,
  now: number,
): Operation | undefined {
  if (seen?.version !== asked.version) return undefined;
  const { id, bot_id, last_error_at } = seen;
  const health = afterFailure(seen, now);
  const isShown = last_error_at === undefined || Date.parse(last_error_at) <= now - errorPauseMs;
  if (!health && !isShown) return undefined;
  const at = isoTime(now);
  return {
    update: keys.integration(teamId, bot_id, id),
    change: {
      set: {
        ...(health && { health }),
        ...(isShown && { last_error: { at, message }, last_error_at: at }),
      },
    },
    condition: all(asSeen(seen), isAs("last_error_at", last_error_at)),
  };
}

/**
 * The write that ends the failures of a backend which has answered, as they were read: undefined where there are none, or
 * the integration was changed since it was `asked`.
 */
export function answerUpdate(
  asked: StoredIntegration,
  seen: StoredIntegration | undefined,
  now: number,
): { readonly change: Change; readonly condition: Condition } | undefined {
  if (!seen?.health || seen.version !== asked.version) return undefined;
  const { state, failures } = seen.health;
  if (state === "ok" && failures === 0) return undefined;
  return { change: { set: { health: wellAgain(seen.health, now) } }, condition: asSeen(seen) };
}

/** The health of an integration whose failures were those of what it was before. */
export const forgotten = (health: StoredHealth | undefined, now: number) =>
  health && wellAgain(health, now, true);

const wellAgain = (
  { state, since }: StoredHealth,
  now: number,
  isAnother = false,
): StoredHealth => ({
  state: "ok",
  since: state === "ok" && !isAnother ? since : isoTime(now),
  failures: 0,
});

/** The health after a failure; undefined where it stays as it is. */
function afterFailure(
  { health, created_at }: StoredIntegration,
  now: number,
): StoredHealth | undefined {
  const { state = "ok", since = created_at, failed_at = [], skipped_until = 0 } = health ?? {};
  if (now < skipped_until) return undefined;
  const failures = (health?.failures ?? 0) + 1;
  const recent = [...failed_at, now].filter((at) => at > now - withinMs);
  if (state === "ok" && recent.length < mostFailures) {
    return { state, since, failures, failed_at: recent };
  }
  return {
    state: "skipped",
    since: state === "skipped" ? since : isoTime(now),
    failures,
    skipped_until: now + skippedForMs,
  };
}

const asSeen = ({ version, health }: StoredIntegration) =>
  all(equals("version", version), isAs("health", health));

const isAs = (attribute: string, seen: unknown): Condition =>
  seen === undefined ? missing(attribute) : equals(attribute, seen);
