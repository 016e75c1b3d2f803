import { loopSecretPlace } from "../agent-loops/agent-loop.ts";
import type { AgentLoopStore } from "../agent-loops/agent-loop-store.ts";
import { OutboundError } from "../outbound/outbound-error.ts";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { signatureHeaders } from "../outbound/webhook-signature.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Measured } from "../runtime/embedded-metrics.ts";
import { log } from "../runtime/log.ts";
import type { Random } from "../runtime/random.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { finishWork } from "../work/end-lease.ts";
import type { Lease } from "../work/lease.ts";
import { type Work, type WorkDeps } from "../work/work-on.ts";
import { wake } from "../work/wake.ts";
import {
  type Attempt,
  type CallbackTarget,
  callbackTarget,
  type StoredDelivery,
} from "./delivery.ts";
import { asDelivery, type DeliveryStore, type Next } from "./delivery-store.ts";

/** What delivering needs. */
export interface DeliverDeps extends WorkDeps {
  readonly deliveries: DeliveryStore;
  readonly loops: AgentLoopStore;
  readonly secrets: TeamSecrets;
  readonly fetch: SafeFetch;
  readonly random: Random;
}

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
const longestRetryAfterMs = 24 * hours;
const answerWithinMs = 15 * seconds;
const shownBytes = 1_024;
const readBytes = 1_048_576;

const measured: readonly Measured[] = [{ by: "delivery_status", units: { attempts: "Count" } }];

/** The deliveries worker's part: one attempt, written down with what follows from it. */
export const attemptDelivery = (deps: DeliverDeps): Work<"delivery"> => ({
  run: async (lease, signal) => {
    const delivery = asDelivery(lease.item);
    if (!delivery || delivery.status !== "pending") return finishWork(deps, lease);
    const body = await deps.deliveries.body(lease.ref.team_id, delivery.event_id);
    if (body === undefined || !delivery.callback) {
      const attempt = failedAttempt(deps.clock(), "The event has expired.");
      await record(deps, lease, delivery, attempt, { status: "failed", error: "event_expired" });
      return;
    }
    const target = await targetOfNow(deps, lease.ref.team_id, delivery.callback);
    const sent = await send(deps, lease.ref.team_id, delivery, target, body, signal);
    await record(deps, lease, delivery, sent.attempt, nextOf(deps, delivery, sent));
  },

  giveUp: async (lease) => {
    const delivery = asDelivery(lease.item);
    if (!delivery || delivery.status !== "pending") return finishWork(deps, lease);
    const attempt = failedAttempt(deps.clock(), "The attempt failed on our side.");
    await record(deps, lease, delivery, attempt, nextOf(deps, delivery, { attempt }));
  },
});

/**
 * A receiver as its loop knows it now: rotated secrets and headers count at once. A loop that is gone, or calls
 * another receiver, leaves it as it was.
 */
async function targetOfNow(
  { loops }: DeliverDeps,
  teamId: string,
  target: CallbackTarget,
): Promise<CallbackTarget> {
  const callback = (await loops.find(teamId, target.agent_loop_id))?.callback;
  return callback?.url === target.url ? callbackTarget(target.agent_loop_id, callback) : target;
}

const failedAttempt = (now: number, error: string): Attempt => ({
  at: isoTime(now),
  status_code: null,
  duration_ms: 0,
  response: null,
  error,
});

interface Sent {
  readonly attempt: Attempt;
  readonly retryAfterMs?: number | undefined;
}

async function record(
  deps: DeliverDeps,
  lease: Lease<"delivery">,
  delivery: StoredDelivery,
  attempt: Attempt,
  next: Next,
): Promise<void> {
  const outcome = await deps.deliveries.record(lease, delivery, attempt, next, deps.clock());
  if (outcome !== "recorded") return;
  const { status_code, duration_ms, error } = attempt;
  const fields = { ...lease.ref, delivery_status: next.status, status_code, duration_ms, error };
  log("info", "delivery_attempted", { ...fields, attempts: 1 }, measured);
  if (next.status === "pending") await wake(deps, lease.ref, next.at);
}

const isSuccess = ({ status_code }: Attempt) =>
  status_code !== null && status_code >= 200 && status_code <= 299;

function nextOf(
  deps: DeliverDeps,
  delivery: StoredDelivery,
  { attempt, retryAfterMs }: Sent,
): Next {
  if (isSuccess(attempt)) return { status: "succeeded" };
  if (attempt.status_code === 410) return { status: "failed", error: "receiver_gone" };
  const pause = pausesMs[delivery.attempt_count];
  if (pause === undefined) return { status: "failed", error: "attempts_exhausted" };
  const jittered = pause * (0.8 + 0.4 * deps.random());
  const asked = Math.min(retryAfterMs ?? 0, longestRetryAfterMs);
  return { status: "pending", at: deps.clock() + Math.round(Math.max(jittered, asked)) };
}

async function send(
  deps: DeliverDeps,
  teamId: string,
  { event_id }: StoredDelivery,
  target: CallbackTarget,
  body: string,
  signal: AbortSignal,
): Promise<Sent> {
  const startedAt = deps.clock();
  const at = isoTime(startedAt);
  const headers = await headersOf(deps, teamId, target, event_id, body);
  try {
    const answer = await deps.fetch(target.url, {
      method: "POST",
      headers,
      body,
      timeout_ms: answerWithinMs,
      max_bytes: readBytes,
      signal,
    });
    const { status } = answer;
    const attempt: Attempt = {
      at,
      status_code: status,
      duration_ms: deps.clock() - startedAt,
      response: Buffer.from(answer.body.subarray(0, shownBytes)).toString(),
      error: status >= 200 && status <= 299 ? null : `The receiver answered with status ${status}.`,
    };
    return { attempt, retryAfterMs: retryAfter(answer.headers["retry-after"], startedAt) };
  } catch (error) {
    if (!(error instanceof OutboundError) || error.code === "aborted") throw error;
    const duration_ms = deps.clock() - startedAt;
    return { attempt: { ...failedAttempt(startedAt, error.message), duration_ms } };
  }
}

/** Seconds or a date, as RFC 9110 section 10.2.3 has it. */
function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

async function headersOf(
  { secrets, clock }: DeliverDeps,
  teamId: string,
  { agent_loop_id, headers, secrets: signing }: CallbackTarget,
  id: string,
  body: string,
): Promise<Record<string, string>> {
  const place = (field: string) => loopSecretPlace(agent_loop_id, `callback.${field}`);
  const own = Object.entries(headers).map(async ([name, sealed]) => {
    const value = await secrets.open(teamId, place(`headers.${name}`), sealed);
    return [name.toLowerCase(), value] as const;
  });
  const now = clock();
  const valid = signing.filter(({ valid_until }) => valid_until === null || valid_until > now);
  const opened = valid.map(({ secret }) => secrets.open(teamId, place("signing_secret"), secret));
  return {
    ...Object.fromEntries(await Promise.all(own)),
    "content-type": "application/json",
    "user-agent": "ChatbotPlatform/1.0",
    ...signatureHeaders({
      id,
      timestamp_seconds: Math.floor(now / 1000),
      body,
      secrets: await Promise.all(opened),
    }),
  };
}
