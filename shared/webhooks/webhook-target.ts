import type { TargetOf } from "../deliveries/delivery.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { keys } from "../table/keys.ts";
import { judgeAttempt } from "./judge-attempt.ts";
import { webhookSecretPlace } from "./webhook.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** Where a delivery to an endpoint goes, as that is now: nowhere once it was deleted or disabled. */
export const webhookTargetOf =
  ({ webhooks, clock }: { readonly webhooks: WebhookStore; readonly clock: Clock }) =>
  async (teamId: Id<"team">, id: Id<"wh">): ReturnType<TargetOf> => {
    const webhook = await webhooks.find(teamId, id);
    if (!webhook) return { error: "endpoint_deleted" };
    if (webhook.status === "disabled") return { error: "endpoint_disabled" };
    const { url, slow_until } = webhook;
    const secretPlace = webhookSecretPlace(id);
    return {
      url,
      watched: { key: keys.webhook(teamId, id), field: "slow_until", slow_until },
      headers: {},
      headerPlace: () => secretPlace,
      signer: webhook,
      secretPlace,
      judge: async (attempt, now) => {
        const found = now ? await webhooks.find(teamId, id) : webhook;
        return judgeAttempt(teamId, webhook, found, attempt, clock());
      },
    };
  };
