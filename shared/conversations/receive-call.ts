import type { StoredHook } from "../channels/hook.ts";
import type { Inbound } from "../platforms/adapter.ts";
import type { HookAnswer } from "../platforms/inbound-event.ts";
import type { Mint } from "../runtime/mint.ts";
import { type ReceiveDeps, receiveEvents } from "./receive-events.ts";

/** A call that was verified. */
interface VerifiedCall {
  readonly sender: StoredHook;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly raw: Uint8Array;
  readonly mint: Mint;
  /** Unix milliseconds at which the platform must be answered. */
  readonly deadline: number;
}

/** Does what a call to a hook asks for, and gives what the platform is told at once. */
export async function receiveCall(
  deps: ReceiveDeps,
  { parse }: Pick<Inbound, "parse">,
  { sender: hook, headers, raw, ...given }: VerifiedCall,
): Promise<HookAnswer | undefined> {
  const context = { account: hook.account, now: given.mint.now };
  const { events, answer } = parse({ headers, body: raw }, context);
  const atOnce = await receiveEvents(deps, hook, events, given);
  return answer ?? atOnce;
}
