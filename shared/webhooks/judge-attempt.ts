import type { Attempt, Judged } from "../deliveries/delivery.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { all, type Change, equals, missing } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import type { DisabledReason, StoredWebhook } from "./webhook.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Who has failed everything for so long is told nothing more. */
const mostFailingMs = 5 * dayMs;
/** After so long without an attempt that failed, the failures before are another story. */
const longestGapMs = 2 * dayMs;

/**
 * What an attempt says about its endpoint, as that is now. What the team has changed since the attempt began is not
 * undone: then the attempt counts for nothing. Success costs no write while nothing failed, nor does a further failure
 * within the hour.
 */
export function judgeAttempt(
  teamId: Id<"team">,
  before: StoredWebhook,
  now: StoredWebhook | undefined,
  { status_code, error }: Attempt,
  unixMs: number,
): Judged {
  if (now?.status !== "active") return {};
  if (now.version !== before.version) return { isChanged: true };
  const { id, version, failing } = now;
  const change = error === null ? afterSuccess(now) : afterFailure(now, status_code, unixMs);
  if (!change) return {};
  const isAsSeen = failing ? equals("failing", failing) : missing("failing");
  const condition = all(equals("status", "active"), equals("version", version), isAsSeen);
  return { part: { update: keys.webhook(teamId, id), change, condition } };
}

const afterSuccess = ({ failing }: StoredWebhook): Change | undefined =>
  failing && { remove: ["failing"] };

function afterFailure(
  webhook: StoredWebhook,
  status: number | null,
  now: number,
): Change | undefined {
  const at = isoTime(now);
  if (status === 410) return disable(webhook, "receiver_gone", at);
  const { failing, updated_at } = webhook;
  const quietMs = failing ? now - Date.parse(failing.until) : Infinity;
  // Who changed it, or had it begin again, has five days from then on.
  if (!failing || failing.since < updated_at || quietMs > longestGapMs) {
    return { set: { failing: { since: at, until: at } } };
  }
  if (now - Date.parse(failing.since) > mostFailingMs) return disable(webhook, "failing", at);
  return quietMs < hourMs ? undefined : { set: { failing: { ...failing, until: at } } };
}

const disable = (
  { version }: StoredWebhook,
  disabled_reason: DisabledReason,
  at: string,
): Change => ({
  set: { status: "disabled", disabled_reason, version: version + 1, updated_at: at },
  remove: ["failing"],
});
