import type { SafeFetch } from "../outbound/safe-fetch.ts";
import type { Adapter, AdapterDeps } from "../platforms/adapter.ts";
import type { AdapterOf } from "../platforms/adapters.ts";
import { baseUrlOf, type PlatformName } from "../platforms/catalogue.ts";
import type { Refusal } from "../platforms/failure.ts";
import type { Clock } from "../runtime/clock.ts";
import { systemTimer } from "../runtime/timers.ts";
import type { PlatformChannel } from "./channel.ts";

/** What platforms are asked with. */
export interface AskPlatformDeps {
  readonly adapterOf: AdapterOf;
  readonly fetch: SafeFetch;
  readonly clock: Clock;
}

/** How long a platform may take for all that is asked at once. */
export interface Patience {
  readonly ms: number;
  /** Ends it earlier; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Ends it earlier, after a second, as if its time were over: the request that asks may not wait any longer. */
  readonly turnedAway?: AbortSignal | undefined;
}

/** Asks a platform; one that does not answer in time is a failure to be tried again. */
export async function askPlatform<T>(
  { adapterOf, fetch, clock }: AskPlatformDeps,
  type: PlatformChannel["type"],
  { ms, signal: outer, turnedAway }: Patience,
  ask: (adapter: Adapter<PlatformName>, deps: AdapterDeps) => Promise<T | Refusal>,
): Promise<T | Refusal> {
  const late = new AbortController();
  const cancel = systemTimer(ms, () => late.abort());
  const signals = [late.signal, outer, turnedAway].filter((one) => one !== undefined);
  const signal = AbortSignal.any(signals);
  try {
    return await ask(adapterOf(type), { fetch, base_url: baseUrlOf(type), clock, signal });
  } catch (error) {
    if (!signal.aborted || outer?.aborted) throw error;
    const message = turnedAway?.aborted
      ? "The platform did not answer in 1 s, and too many others wait for longer now."
      : `The platform did not answer in ${Math.round(ms / 1_000)} s.`;
    return { ok: false, class: "retry", code: "timeout", message };
  } finally {
    cancel();
  }
}
