import { hash, randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Caller } from "../auth/scopes.ts";
import { ApiError, unavailable } from "../errors/api-error.ts";
import { type Id, newToken } from "../runtime/ids.ts";
import { createMint } from "../runtime/mint.ts";
import { isUnavailable } from "../runtime/unavailable.ts";
import type { RecordSecrets, SealedBytes } from "../secrets/record-secrets.ts";
import { atMost, either, equals, missing } from "../table/condition.ts";
import { type Key, keys } from "../table/keys.ts";
import type { Item } from "../table/table.ts";
import type { Route } from "./define-route.ts";
import {
  type ChainMiddleware,
  type ChainStep,
  type Edge,
  type HttpAnswer,
  type HttpEvent,
  ReplayedAnswer,
} from "./edge.ts";

/** Functions end at 29 s, so a claim of 45 s outlives its owner. */
const claimMs = 45_000;
const keptSeconds = 24 * 60 * 60;

/** What a record holds; only this file writes them. */
interface IdempotencyRecord {
  readonly fingerprint: string;
  readonly token: string;
  readonly claimed_until: number;
  /** 32 bytes in base64, sealed on routes that answer with a secret. */
  readonly seed: string | SealedBytes;
  readonly started_at: number;
  readonly key_id: Id<"key">;
  readonly status?: number;
  readonly location?: string;
  /** Gzipped, or sealed. */
  readonly body?: Uint8Array | SealedBytes;
}

/**
 * Makes a POST with an `Idempotency-Key` one request, however often it is sent, for 24 hours; of one without, a failure tells
 * the caller that a repeat may do it twice.
 */
export function idempotency(route: Route, edge: Edge): ChainMiddleware {
  const secrets = route.answersSecret ? edge.secrets : undefined;
  if (route.answersSecret && !secrets) {
    throw new Error(`${route.operationId} answers with a secret and has nothing to seal it with.`);
  }
  const idempotencyBefore: ChainStep = async ({ event, context: { state } }) => {
    const given = event.headers["idempotency-key"];
    if (given === undefined || !state.caller) return;
    if (!/^[\x20-\x7e]{1,255}$/.test(given)) {
      throw new ApiError(
        "bad_request",
        "The header Idempotency-Key must be 1 to 255 printable ASCII characters.",
      );
    }
    const { caller } = state;
    const place = {
      edge,
      key: keys.idempotency(caller.team_id, given),
      caller,
      secrets: secrets?.(),
    };
    const mine = await claim(place, event);
    state.mint = createMint(mine.started_at, await openSeed(place, mine));
    state.keep = (answer) => keep(place, mine, answer);
  };
  const idempotencyOnError: ChainStep = async (request) => {
    const { keep, parsed } = request.context.state;
    // Before it was read nothing was begun.
    if (parsed && !keep && isUnavailable(request.error)) request.error = perhapsDone(request.error);
  };
  return { before: idempotencyBefore, onError: idempotencyOnError };
}

/** For a POST that nobody knows the end of: its answer was lost between us and a store, or its time was over before. */
const perhapsDone = (cause: unknown) =>
  unavailable(
    "The service is busy or partly out of reach. This may have been done or not: look before you repeat it, or send an Idempotency-Key the next time, with which a repeat is done once.",
    cause,
  );

/** The record of a request, and who makes that request. */
interface Place {
  readonly edge: Edge;
  readonly key: Key;
  readonly caller: Caller;
  /** On routes whose answer holds a secret. */
  readonly secrets: RecordSecrets | undefined;
}

const fingerprintOf = ({ requestContext, rawPath, rawQueryString, body }: HttpEvent) =>
  hash(
    "sha256",
    JSON.stringify([requestContext.http.method, rawPath, rawQueryString, body ?? null]),
    "base64url",
  );

async function claim(place: Place, event: HttpEvent): Promise<IdempotencyRecord> {
  const { edge, key, caller, secrets } = place;
  const table = edge.table();
  const now = edge.clock();
  const random = randomBytes(32).toString("base64");
  const fresh: IdempotencyRecord = {
    fingerprint: fingerprintOf(event),
    token: newToken(),
    claimed_until: now + claimMs,
    seed: secrets ? await secrets.seal(caller.team_id, random) : random,
    started_at: now,
    key_id: caller.key_id,
  };
  const nowSeconds = Math.floor(now / 1000);
  const put = await table.put(
    { ...key, ...fresh, attempt: 1, remove_at: nowSeconds + keptSeconds },
    either(missing("pk"), atMost("remove_at", nowSeconds)),
  );
  if (put.applied || !put.item) return fresh;

  const stored = asRecord(put.item);
  if (stored.token === fresh.token) return fresh;
  if (stored.fingerprint !== fresh.fingerprint) {
    throw new ApiError(
      "idempotency_key_reused",
      "This Idempotency-Key was used with another method, path, query or body. Use a new one for a new request.",
    );
  }
  if (stored.status !== undefined) {
    throw new ReplayedAnswer(await replay(place, stored, event.requestContext.requestId));
  }
  if (stored.claimed_until > now) throw inProgress(stored.claimed_until - now);
  // The same seed makes the same secret, which may have been shown to the key that asked first.
  if (secrets && stored.key_id !== caller.key_id) throw othersSecret();
  const taken = await table.update(
    key,
    { set: { token: fresh.token, claimed_until: fresh.claimed_until }, add: { attempt: 1 } },
    equals("token", stored.token),
  );
  if (taken.applied || (taken.item && asRecord(taken.item).token === fresh.token)) {
    return { ...stored, token: fresh.token };
  }
  throw inProgress(claimMs);
}

/** A stored record; its shape is held by `test/contract/data-model.test.ts`. */
const asRecord = (item: Item) => item as Item & IdempotencyRecord;

const inProgress = (leftMs: number) =>
  new ApiError(
    "idempotency_in_progress",
    "A request with this Idempotency-Key is still running. Repeat it a little later.",
    { retryAfterSeconds: Math.min(Math.ceil(leftMs / 1000), 5) },
  );

const othersSecret = () =>
  new ApiError(
    "idempotency_key_reused",
    "This Idempotency-Key was used by another API key, and the answer holds a secret. Use a new one.",
  );

async function openSeed({ caller, secrets }: Place, { seed }: IdempotencyRecord) {
  const text = typeof seed === "string" ? seed : await secrets?.open(caller.team_id, seed);
  if (text === undefined) throw new Error("A sealed seed cannot be opened by this route.");
  return Buffer.from(text, "base64");
}

async function replay(
  { caller, secrets }: Place,
  { status = 200, location, body, key_id }: IdempotencyRecord,
  requestId: string,
): Promise<HttpAnswer> {
  let text: string | undefined;
  if (body && "ciphertext" in body) {
    if (key_id !== caller.key_id || !secrets) {
      throw othersSecret();
    }
    text = await secrets.open(caller.team_id, body);
  } else if (body) text = gunzipSync(body).toString();
  return {
    statusCode: status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "idempotent-replayed": "true",
      ...(location && { location }),
    },
    ...(text !== undefined && { body: status < 400 ? text : quoting(requestId, text) }),
  };
}

/** An error that quotes this request: its body and its header name the line of the log that tells of the replay. */
function quoting(requestId: string, body: string): string {
  // Kept as `respond` made it, which puts the id of the first request there.
  const { error } = JSON.parse(body) as { error: Readonly<Record<string, unknown>> };
  return JSON.stringify({ error: { ...error, request_id: requestId } });
}

const passing = new Set([401, 403, 429]);

async function keep(
  { edge, key, caller, secrets }: Place,
  mine: IdempotencyRecord,
  answer: HttpAnswer,
): Promise<void> {
  const status = answer.statusCode ?? 500;
  const isFinal = status < 500 && !passing.has(status);
  const body = answer.body ?? "";
  const set = isFinal
    ? {
        status,
        location: answer.headers?.["location"],
        body: secrets && status < 300 ? await secrets.seal(caller.team_id, body) : gzipSync(body),
      }
    : // The record stays, so that a repeat makes the same things.
      { claimed_until: 0 };
  await edge.table().update(key, { set }, equals("token", mine.token));
}
