import {
  loopSecretPlace,
  type SealedHeaders,
  type StoredCallback,
} from "../agent-loops/agent-loop.ts";
import { type AgentLoopStore, calledBy } from "../agent-loops/agent-loop-store.ts";
import type { StoredDelivery, TargetOf } from "../deliveries/delivery.ts";
import { deliveryPart, eventPart } from "../deliveries/delivery-store.ts";
import { derivedId } from "../runtime/derived-id.ts";
import type { Id } from "../runtime/ids.ts";
import type { Sealed } from "../secrets/sealed.ts";
import type { PreviousSecret } from "../secrets/signing-secrets.ts";
import type { Parts } from "../table/table.ts";
import type { EndedExecution, StoredExecution } from "./execution.ts";
import { callbackPayload } from "./shown-execution.ts";

/** The callback of an ended execution and its delivery, as parts of the transaction that ends it. */
export function callbackParts(
  teamId: Id<"team">,
  { url, headers, signing_secret, previous_secrets = [] }: StoredCallback,
  { ended, output }: { readonly ended: EndedExecution; readonly output: string | null },
) {
  const callback: KeptCallback = {
    url,
    agent_loop_id: ended.agent_loop_id,
    headers,
    secrets: [{ secret: signing_secret, valid_until: null }, ...previous_secrets],
  };
  const now = Date.parse(ended.completed_at);
  const to = { id: callbackId("dlv", ended), webhook_id: null, url, kept: { callback } };
  const event = {
    id: callbackId("evt", ended),
    type: "agent_loop.completed",
    body: JSON.stringify(callbackPayload(ended, output)),
    delivery_ids: [to.id],
  };
  return {
    event: eventPart(teamId, event, now),
    delivery: deliveryPart(teamId, event, to, now),
  } satisfies Parts;
}

/** An id that the callback of an execution has however often it is made. */
export const callbackId = <P extends "dlv" | "evt">(
  prefix: P,
  { id, created_at }: StoredExecution,
) => derivedId(prefix, Date.parse(created_at), id, "callback");

/**
 * Where the callback of an execution goes, as its loop knows it now: rotated secrets and headers count at once. A loop
 * that is gone, or calls another receiver, leaves it as it was.
 */
export const callbackTargetOf =
  ({ loops }: { readonly loops: AgentLoopStore }): TargetOf =>
  async (teamId, delivery) => {
    // All deliveries there are were put by `callbackParts`.
    const { callback: kept } = delivery as StoredDelivery & { readonly callback: KeptCallback };
    const { url, agent_loop_id: loopId } = kept;
    const loop = await loops.find(teamId, loopId);
    const now = loop?.callback;
    const callback = now?.url === url ? now : asStored(kept);
    return {
      url,
      watched: calledBy(teamId, loopId, loop, "callback_slow_until"),
      headers: callback.headers,
      signer: callback,
      headerPlace: (name) => loopSecretPlace(loopId, `callback.headers.${name}`),
      secretPlace: loopSecretPlace(loopId, "callback.signing_secret"),
    };
  };

/** A callback as its delivery keeps it from the end of the execution, so that it goes out though the loop goes. */
interface KeptCallback {
  readonly url: string;
  /** The loop that the sealed values are bound to. */
  readonly agent_loop_id: Id<"loop">;
  readonly headers: SealedHeaders;
  readonly secrets: readonly [
    { readonly secret: Sealed; readonly valid_until: null },
    ...PreviousSecret[],
  ];
}

function asStored({ url, headers, secrets }: KeptCallback): StoredCallback {
  const [{ secret: signing_secret }, ...previous_secrets] = secrets;
  return { url, headers, signing_secret, previous_secrets };
}
