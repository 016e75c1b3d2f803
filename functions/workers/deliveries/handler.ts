import { type AgentLoopStore, createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { attemptDelivery, type DeliverDeps } from "#shared/deliveries/attempt-delivery";
import { createDeliveryStore } from "#shared/deliveries/delivery-store";
import { callbackTargetOf } from "#shared/executions/callback";
import { liveSafeFetch } from "#shared/outbound/live-safe-fetch";
import { type Consume, serveWorker } from "#shared/queue/serve-worker";
import { systemRandom } from "#shared/runtime/random";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { createWebhookStore, type WebhookStore } from "#shared/webhooks/webhook-store";
import { webhookTargetOf } from "#shared/webhooks/webhook-target";
import { liveWorker } from "#shared/work/live-worker";
import { workOn } from "#shared/work/work-on";
import { worker } from "./worker.ts";

export const consume = (deps: DeliveriesDeps): Consume<typeof worker> => {
  const [callbackTarget, webhookTarget] = [callbackTargetOf(deps), webhookTargetOf(deps)];
  const targetOf: DeliverDeps["targetOf"] = (teamId, delivery) =>
    delivery.webhook_id === null
      ? callbackTarget(teamId, delivery)
      : webhookTarget(teamId, delivery.webhook_id);
  const work = attemptDelivery({ ...deps, targetOf });
  return ({ message, setVisibility }) => workOn(deps, message, setVisibility, work);
};

interface DeliveriesDeps extends Omit<DeliverDeps, "targetOf"> {
  readonly loops: AgentLoopStore;
  readonly webhooks: WebhookStore;
}

export const handler = serveWorker(worker, () => {
  const work = liveWorker(worker);
  return consume({
    ...work,
    deliveries: createDeliveryStore(work.table, work.clock),
    loops: createAgentLoopStore(work.table),
    webhooks: createWebhookStore(work.table),
    secrets: liveTeamSecrets(),
    fetch: liveSafeFetch,
    random: systemRandom,
  });
});
