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
}

/** Does what a call to a hook asks for, and gives what the platform is told at once. */
export async function receiveCall(
  deps: ReceiveDeps,
  { parse }: Pick<Inbound, "parse">,
  { sender: hook, headers, raw, mint }: VerifiedCall,
): Promise<HookAnswer | undefined> {
  const context = { account: hook.account, now: mint.now };
  const { events, answer } = parse({ headers, body: raw }, context);
  const atOnce = await receiveEvents(deps, hook, events, mint);
  return answer ?? atOnce;
}
