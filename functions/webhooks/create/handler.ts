import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { allowsPrivateUrls } from "#shared/outbound/allows-private-urls";
import { liveRecordSecrets, liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { liveTable } from "#shared/table/live-table";
import { createTeamStore } from "#shared/teams/team-store";
import { createWebhook, type CreateWebhookDeps } from "#shared/webhooks/create-webhook";
import { createWebhookStore } from "#shared/webhooks/webhook-store";
import { route } from "./route.ts";

export const handle =
  (deps: CreateWebhookDeps): Handle<typeof route> =>
  async ({ caller, body, mint }) => ({
    body: await createWebhook(deps, caller, body, mint),
  });

export const handler = serve(
  route,
  () =>
    handle({
      teams: createTeamStore(liveTable()),
      webhooks: createWebhookStore(liveTable()),
      secrets: liveTeamSecrets(),
      allowPrivate: allowsPrivateUrls,
    }),
  { secrets: liveRecordSecrets },
);
