import * as v from "valibot";
import type { Receiver } from "../outbound/signed-headers.ts";
import type { Id } from "../runtime/ids.ts";
import { id, shownTime } from "../schema/fields.ts";
import type { Operation } from "../table/table.ts";
import type * as pace from "../work/pace.ts";
import type { WorkItem } from "../work/work-item.ts";

const count = v.pipe(v.number(), v.integer());

/** Where a delivery stands. */
export const DeliveryStatus = v.pipe(
  v.picklist(["pending", "succeeded", "failed"]),
  v.title("DeliveryStatus"),
  v.description("`pending` is tried again, `failed` only where a retry or a replay asks for it."),
);

/** One try of a delivery. */
export const Attempt = v.pipe(
  v.object({
    at: v.pipe(shownTime, v.description("When the request was sent.")),
    status_code: v.pipe(
      v.nullable(count),
      v.description("The HTTP status of the answer; null when there was none."),
    ),
    duration_ms: v.pipe(count, v.description("How long the answer took.")),
    response: v.pipe(
      v.nullable(v.string()),
      v.description("The first 1 KiB of the answer. Null also once whom it was told of is erased."),
    ),
    error: v.pipe(
      v.nullable(v.string()),
      v.description("Why it counts as a failure, in a sentence; null when it succeeded."),
    ),
  }),
  v.title("DeliveryAttempt"),
  v.description("One request to the receiver, and what it answered."),
);
export type Attempt = v.InferOutput<typeof Attempt>;

/** What became of an event on its way to one receiver, as the API shows it. */
export const Delivery = v.pipe(
  v.object({
    id: id("dlv"),
    webhook_id: v.pipe(
      v.nullable(id("wh")),
      v.description("The endpoint that is told; null for the callback of an execution."),
    ),
    event_id: v.pipe(id("evt"), v.description("What receivers see as `webhook-id`.")),
    event_type: v.pipe(v.string(), v.description("What has happened, as `message.received`.")),
    url: v.pipe(v.string(), v.description("Where it was sent last, or will be sent first.")),
    status: DeliveryStatus,
    error: v.pipe(
      v.nullable(v.string()),
      v.description(
        "Why it failed for good: `attempts_exhausted`, `receiver_gone` (it answered 410), `endpoint_disabled`, `endpoint_deleted`, `event_expired` or one that is added later; null while it is tried and when it succeeded.",
      ),
    ),
    attempt_count: v.pipe(count, v.description("How often it was tried in all.")),
    attempts: v.pipe(v.array(Attempt), v.description("The newest 30 attempts, oldest first.")),
    next_attempt_at: v.pipe(
      v.nullable(shownTime),
      v.description("When it is tried next; null when it is not."),
    ),
    created_at: shownTime,
    updated_at: shownTime,
    body: v.pipe(
      v.optional(v.nullable(v.string())),
      v.description(
        "What is sent, as it is sent; null when it has expired. Only where `include=body` asks for it.",
      ),
    ),
  }),
  v.title("Delivery"),
  v.description("One event on its way to one receiver, with every attempt."),
);
export type Delivery = v.InferOutput<typeof Delivery>;

/** A delivery as it is stored; the body is the event's. What says where it goes is kept beside it, by who put it. */
export interface StoredDelivery extends Omit<Delivery, "next_attempt_at" | "body">, WorkItem {
  /** A manual retry that was asked for; a repeat of the request asks no second time. */
  readonly retry_id?: Id<"req">;
  /** Its event told of a person who was erased: no answer of its receiver is kept. */
  readonly erased?: true;
  readonly remove_at: number;
}

/** Where a delivery goes. */
export interface Target extends Receiver {
  readonly url: string;
  /** The same receiver, as it is remembered whether it is slow. */
  readonly watched: pace.Target;
  /**
   * What an attempt says about the receiver, for who remembers that: the first time by the row that the target was made
   * of, then by the row as it is `now`.
   */
  readonly judge?: (attempt: Attempt, now?: "now") => Promise<Judged>;
}

/** What an attempt says about its receiver. */
export interface Judged {
  /** What changes of the receiver's own row, and only together with the record of the attempt. */
  readonly part?: Operation;
  /** The receiver was changed since the attempt began: what it said is not the word of the one that is there now. */
  readonly isChanged?: boolean;
}

/** Why a delivery has nowhere to go any more. */
export interface NoTarget {
  readonly error: string;
}

/** Says where a delivery goes now; answered by the noun that put it. */
export type TargetOf = (teamId: Id<"team">, delivery: StoredDelivery) => Promise<Target | NoTarget>;
