import { admit } from "../auth/admit.ts";
import { hashApiKey, looksLikeApiKey } from "../auth/api-key.ts";
import { allows, type Caller, type KeyHolder, type Scope } from "../auth/scopes.ts";
import { ApiError, unavailable } from "../errors/api-error.ts";
import { BoundedMap } from "../runtime/bounded-map.ts";
import type { ChainMiddleware, ChainState, ChainStep, Edge } from "./edge.ts";

const invalidKey = () =>
  new ApiError(
    "invalid_api_key",
    "The API key is not valid. Send `Authorization: Bearer sk_live_…` with a key of your team.",
  );
const expiredKey = () =>
  new ApiError("expired_api_key", "The API key has expired. Make a new one.");

/** Windows in which this process has counted a key already. */
const seenWindows = new BoundedMap<string, number>(10_000);
interface Limited {
  readonly holder: KeyHolder;
  readonly limit: number;
  readonly window: number;
}
/** Keys over their limit, refused from memory until the window ends. */
const limited = new BoundedMap<string, Limited>(10_000);
/** Well-formed keys that admit nothing, with why, and the time until which that is believed. */
const worthless = new BoundedMap<string, { readonly why: () => ApiError; readonly until: number }>(
  10_000,
);

/** Finds whose API key it is, spends one request of the key's minute, checks the scope: one table call. */
export function authenticate(scope: Scope | "any", edge: Edge): ChainMiddleware {
  const authenticateBefore: ChainStep = async ({ event, context: { state } }) => {
    const header = event.headers["authorization"];
    if (header === undefined) {
      throw new ApiError(
        "missing_api_key",
        "There is no API key. Send it as `Authorization: Bearer sk_live_…`.",
      );
    }
    const [, key] = /^Bearer +(\S+)$/i.exec(header) ?? [];
    if (!key || !looksLikeApiKey(key)) throw invalidKey();
    state.caller = await admitted(edge, state, hashApiKey(key));
    if (scope !== "any" && !allows(state.caller.scopes, scope)) {
      throw new ApiError(
        "insufficient_scope",
        `The API key lacks the scope ${scope}. Use a key that has it, or make one with POST /v1/api-keys.`,
      );
    }
  };
  return { before: authenticateBefore };
}

async function admitted(edge: Edge, state: ChainState, hash: string): Promise<Caller> {
  const now = edge.clock();
  const window = Math.floor(now / 60_000);
  const refused = limited.get(hash);
  // Clocks are a window apart at most: one that lies further ahead is of a clock that was set back.
  if (refused && (refused.window === window || refused.window === window + 1)) {
    throw overLimit(state, refused, now);
  }
  const known = worthless.get(hash);
  if (known && known.until > now) throw known.why();

  const admission = await admit(edge.table(), hash, now, seenWindows.get(hash));
  switch (admission.outcome) {
    case "admitted":
      seenWindows.set(hash, admission.window);
      showLimit(state, admission.limit, admission.limit - admission.used, admission.window);
      return callerOf(state, admission.holder);
    case "limited":
      limited.set(hash, admission);
      throw overLimit(state, admission, now);
    case "unknown":
    case "expired": {
      const why = admission.outcome === "unknown" ? invalidKey : expiredKey;
      worthless.set(hash, { why, until: now + 60_000 });
      throw why();
    }
    case "contended":
      throw unavailable("The key is in heavy use. Repeat the request.");
  }
}

const callerOf = ({ requestId }: ChainState, holder: KeyHolder): Caller => ({
  ...holder,
  request_id: requestId,
});

function overLimit(state: ChainState, { holder, limit, window }: Limited, now: number): ApiError {
  state.caller = callerOf(state, holder);
  showLimit(state, limit, 0, window);
  const seconds = Math.max(1, (window + 1) * 60 - Math.floor(now / 1000));
  return new ApiError(
    "rate_limit_exceeded",
    `The key has used its ${limit} requests of this minute. Try again in ${seconds} s.`,
    { retryAfterSeconds: seconds },
  );
}

function showLimit({ headers }: ChainState, limit: number, remaining: number, window: number) {
  headers["x-ratelimit-limit"] = String(limit);
  headers["x-ratelimit-remaining"] = String(Math.max(0, remaining));
  headers["x-ratelimit-reset"] = String((window + 1) * 60);
}
