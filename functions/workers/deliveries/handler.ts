import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { attemptDelivery, type DeliverDeps } from "#shared/deliveries/attempt-delivery";
import { createDeliveryStore } from "#shared/deliveries/delivery-store";
import { callbackTargetOf } from "#shared/executions/callback";
import { liveSafeFetch } from "#shared/outbound/live-safe-fetch";
import { type Consume, serveWorker } from "#shared/queue/serve-worker";
import { systemRandom } from "#shared/runtime/random";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { liveWorker } from "#shared/work/live-worker";
import { workOn } from "#shared/work/work-on";
import { worker } from "./worker.ts";

export const consume =
  (deps: DeliverDeps): Consume<typeof worker> =>
  ({ message, setVisibility }) =>
    workOn(deps, message, setVisibility, attemptDelivery(deps));

export const handler = serveWorker(worker, () => {
  const work = liveWorker(worker);
  return consume({
    ...work,
    deliveries: createDeliveryStore(work.table, work.clock),
    targetOf: callbackTargetOf({ loops: createAgentLoopStore(work.table) }),
    secrets: liveTeamSecrets(),
    fetch: liveSafeFetch,
    random: systemRandom,
  });
});
