import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { createBotStore } from "#shared/bots/bot-store";
import { createChannelStore } from "#shared/channels/channel-store";
import { createConversationStore } from "#shared/conversations/conversation-store";
import { createReplyStore } from "#shared/conversations/reply-store";
import { createDeliveryStore } from "#shared/deliveries/delivery-store";
import { createExecutionStore } from "#shared/executions/execution-store";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import { adapterOf } from "#shared/platforms/adapters";
import { systemRandom } from "#shared/runtime/random";
import { createWebhookStore } from "#shared/webhooks/webhook-store";
import type { SimulatedProcess } from "./simulated-process.ts";

/** Nobody sends a file in simulations, so there is none to erase. */
export const noBlobs = (): never => {
  throw new Error("There is no file.");
};

/** Where channels are of no platform and backends no models, they are not asked. */
const nobody = (): never => {
  throw new Error("There is nobody to ask.");
};

/** What the jobs worker is given in a process beside what all are, where no channel is of a platform. */
export const jobsDepsOf = (process: SimulatedProcess) => ({
  ...depsOf(process),
  fetch: nobody,
  secrets: { seal: nobody, open: nobody },
});

/** What routes and workers are given in a process, but for secrets and those whom they call. */
export const depsOf = ({
  table,
  queues,
  clock,
  timer,
  leaseMs,
  places,
  memory,
}: SimulatedProcess) => ({
  table,
  queues,
  clock,
  timer,
  leaseMs,
  places,
  memory,
  random: systemRandom,
  blobs: noBlobs,
  adapterOf,
  publicUrl: () => "https://chat.example",
  files: { keep: noBlobs, read: noBlobs, find: noBlobs },
  fileRoom: noBlobs,
  callModel: nobody,
  bots: createBotStore(table),
  channels: createChannelStore(table),
  conversations: createConversationStore(table),
  deliveries: createDeliveryStore(table, clock),
  executions: createExecutionStore(table),
  integrations: createIntegrationStore(table),
  loops: createAgentLoopStore(table),
  replies: createReplyStore(table),
  webhooks: createWebhookStore(table),
});
