import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveRecordSecrets, liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { liveTable } from "#shared/table/live-table";
import {
  rotateWebhookSecret,
  type RotateWebhookSecretDeps,
} from "#shared/webhooks/rotate-webhook-secret";
import { createWebhookStore } from "#shared/webhooks/webhook-store";
import { route } from "./route.ts";

export const handle =
  (deps: RotateWebhookSecretDeps): Handle<typeof route> =>
  async ({ caller, params, mint }) => ({
    body: await rotateWebhookSecret(deps, caller, params.id, mint),
  });

export const handler = serve(
  route,
  () => handle({ webhooks: createWebhookStore(liveTable()), secrets: liveTeamSecrets() }),
  { secrets: liveRecordSecrets },
);
