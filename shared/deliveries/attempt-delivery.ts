import { explained } from "../outbound/explained-error.ts";
import { OutboundError } from "../outbound/outbound-error.ts";
import { redirectWords } from "../outbound/redirect-words.ts";
import { retryAfterMs } from "../outbound/retry-after.ts";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { signedHeaders, type SigningDeps } from "../outbound/signed-headers.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Measured } from "../runtime/embedded-metrics.ts";
import { firstBytes } from "../runtime/first-bytes.ts";
import type { Id } from "../runtime/ids.ts";
import { log } from "../runtime/log.ts";
import type { Random } from "../runtime/random.ts";
import { NoDataKeyError } from "../secrets/sealed.ts";
import { overChanges } from "../table/over-changes.ts";
import { finishWork } from "../work/end-lease.ts";
import type { Lease } from "../work/lease.ts";
import { wake } from "../work/wake.ts";
import type { Work, WorkDeps } from "../work/work-on.ts";
import type { Attempt, Judged, StoredDelivery, Target, TargetOf } from "./delivery.ts";
import { asDelivery, type DeliveryStore, type Next } from "./delivery-store.ts";

const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;
/** The pause after each attempt that failed; after the last there is none. */
const pausesMs = [
  5 * seconds,
  5 * minutes,
  30 * minutes,
  2 * hours,
  5 * hours,
  10 * hours,
  14 * hours,
  20 * hours,
  24 * hours,
];
const longestAskedMs = 24 * hours;
const answerWithinMs = 15 * seconds;
const shownBytes = 1_024;
const readBytes = 65_536;

const measured: readonly Measured[] = [{ by: "delivery_status", fields: ["attempts"] }];

/** The deliveries worker's part: one attempt, written down with what follows from it. */
export const attemptDelivery = (deps: DeliverDeps): Work<"delivery"> => ({
  run: async (lease, signal, pace) => {
    const delivery = asDelivery(lease.item);
    if (!delivery || delivery.status !== "pending") return finishWork(deps, lease);
    const { team_id } = lease.ref;
    const [target, body] = await Promise.all([
      deps.targetOf(team_id, delivery),
      deps.deliveries.body(team_id, delivery.event_id),
    ]);
    if ("error" in target) {
      const next: Next = { status: "failed", error: target.error };
      return record(deps, lease, delivery, { next, attempt: undefined });
    }
    const sent = await pace.watch(target.watched, () =>
      attempt(deps, team_id, target, { id: delivery.event_id, body, signal }),
    );
    await record(deps, lease, delivery, sent, target);
  },

  giveUp: async (lease) => {
    const delivery = asDelivery(lease.item);
    if (!delivery || delivery.status !== "pending") return finishWork(deps, lease);
    const attempt = failedAttempt(deps.clock(), "The attempt failed on our side.");
    await record(deps, lease, delivery, { attempt });
  },
});

export interface DeliverDeps extends WorkDeps, SigningDeps {
  readonly deliveries: DeliveryStore;
  readonly targetOf: TargetOf;
  readonly fetch: SafeFetch;
  readonly random: Random;
}

/** What is sent. */
interface Sending {
  readonly id: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

async function attempt(
  deps: DeliverDeps,
  teamId: Id<"team">,
  target: Target,
  { id, body, signal }: Omit<Sending, "body"> & { readonly body: string | undefined },
): Promise<Sent> {
  const failForGood = (error: string, why: string): Sent => ({
    attempt: failedAttempt(deps.clock(), why),
    next: { status: "failed", error },
  });
  if (body === undefined) {
    return failForGood("event_expired", "The event has expired or was erased.");
  }
  try {
    return await send(deps, teamId, target, { id, body, signal });
  } catch (error) {
    if (!(error instanceof NoDataKeyError)) throw error;
    return failForGood("team_deleted", "The team was deleted, and its secrets with it.");
  }
}

const failedAttempt = (now: number, error: string): Attempt => ({
  at: isoTime(now),
  status_code: null,
  duration_ms: 0,
  response: null,
  error,
});

interface Sent {
  /** Undefined where nothing was sent. */
  readonly attempt: Attempt | undefined;
  /** The pause that the receiver asks for. */
  readonly askedMs?: number | undefined;
  /** What follows, where that does not depend on what the receiver said. */
  readonly next?: Next;
}

async function record(
  deps: DeliverDeps,
  lease: Lease<"delivery">,
  delivery: StoredDelivery,
  sent: Sent,
  target?: Target,
): Promise<void> {
  const next = await write(deps, lease, delivery, sent, target);
  if (next === "lost") return;
  const { status_code, duration_ms, error } = sent.attempt ?? nothingSent;
  const fields = { ...lease.ref, delivery_status: next.status, status_code, duration_ms, error };
  log("info", "delivery_attempted", { ...fields, attempts: sent.attempt ? 1 : 0 }, measured);
  if (next.status === "pending") await wake(deps, lease.ref, next.at);
}

const nothingSent = { status_code: null, duration_ms: 0, error: null };

/** Writes a record, with what it changes of the receiver's own row: judged anew when that was changed meanwhile. */
async function write(
  deps: DeliverDeps,
  lease: Lease<"delivery">,
  delivery: StoredDelivery,
  sent: Sent,
  target: Target | undefined,
): Promise<Next | "lost"> {
  const { attempt } = sent;
  const { judge } = target ?? {};
  const recordAs = async ({ part, isChanged }: Judged) => {
    const next = sent.next ?? nextOf(deps, delivery, sent, isChanged);
    const tried = { attempt, url: target?.url, next, receiver: part };
    const written = await deps.deliveries.record(lease, delivery, tried, deps.clock());
    return written === "receiver_changed" ? undefined : written;
  };
  // Of what was not sent the receiver knows nothing.
  if (!attempt || !judge || sent.next) return (await recordAs({})) ?? "lost";
  let judged: Judged | undefined = await judge(attempt);
  // Nearly always nothing changes: then nobody waits for others of the same receiver.
  if (!judged.part) return (await recordAs(judged)) ?? "lost";
  return overChanges(["receiver", delivery.webhook_id ?? delivery.id], async (isOld) => {
    if (isOld || !judged) judged = await judge(attempt, "now");
    const next = await recordAs(judged);
    judged = undefined;
    return next;
  });
}

const isSuccess = ({ status_code }: Attempt) =>
  status_code !== null && status_code >= 200 && status_code <= 299;

function nextOf(
  deps: DeliverDeps,
  delivery: StoredDelivery,
  { attempt, askedMs }: Sent,
  isOfAnother = false,
): Next {
  if (attempt && isSuccess(attempt)) return { status: "succeeded" };
  if (attempt?.status_code === 410 && !isOfAnother) {
    return { status: "failed", error: "receiver_gone" };
  }
  const pause = pausesMs[delivery.attempt_count];
  if (pause === undefined) return { status: "failed", error: "attempts_exhausted" };
  const jittered = pause * (0.8 + 0.4 * deps.random());
  const asked = Math.min(askedMs ?? 0, longestAskedMs);
  return { status: "pending", at: deps.clock() + Math.round(Math.max(jittered, asked)) };
}

async function send(
  deps: DeliverDeps,
  teamId: Id<"team">,
  target: Target,
  { id, body, signal }: Sending,
): Promise<Sent> {
  const startedAt = deps.clock();
  const at = isoTime(startedAt);
  const headers = await signedHeaders(deps, teamId, target, { id, body });
  try {
    const answer = await deps.fetch(target.url, {
      method: "POST",
      headers,
      body,
      timeout_ms: answerWithinMs,
      max_bytes: readBytes,
      enough_bytes: shownBytes,
      signal,
    });
    const attempt: Attempt = {
      at,
      ...judgedBy(answer.status, redirectWords(answer, target.url)),
      duration_ms: deps.clock() - startedAt,
      response: firstBytes(answer.text(), shownBytes),
    };
    return { attempt, askedMs: retryAfterMs(answer.headers["retry-after"], startedAt) };
  } catch (error) {
    if (!(error instanceof OutboundError) || error.code === "aborted") throw error;
    const status = statusBefore(error.cause);
    const attempt = failedAttempt(startedAt, explained(error));
    const judged = status === undefined ? {} : judgedBy(status);
    return { attempt: { ...attempt, ...judged, duration_ms: deps.clock() - startedAt } };
  }
}

const judgedBy = (status_code: number, words = "") => ({
  status_code,
  error:
    status_code >= 200 && status_code <= 299
      ? null
      : `The receiver answered with status ${status_code}${words}.`,
});

const statusLine = /^(?:HTTP\/1\.[01] 1[^]*?\n\r?\n)*HTTP\/1\.[01] ([2-5]\d\d)\b/;

/**
 * The status of an answer whose headers Node's parser then refused, as a length beside chunks; undefined of another
 * failure. The receiver has what we sent, and would have it ten times.
 */
function statusBefore(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !("rawPacket" in cause)) return undefined;
  const { rawPacket } = cause;
  if (!(rawPacket instanceof Uint8Array)) return undefined;
  const begin = Buffer.from(rawPacket.subarray(0, shownBytes)).toString("latin1");
  const [, status] = statusLine.exec(begin) ?? [];
  return status === undefined ? undefined : Number(status);
}
