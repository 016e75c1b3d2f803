import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { notFound } from "../errors/api-error.ts";
import { signingSecret } from "../outbound/webhook-signature.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { afterRotation } from "../secrets/signing-secrets.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { overChanges } from "../table/over-changes.ts";
import { auditedWebhook, webhookSecretPlace } from "./webhook.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** Gives an endpoint a new secret; the old one signs beside it for 24 hours. */
export async function rotateWebhookSecret(
  { webhooks, secrets }: RotateWebhookSecretDeps,
  by: Actor,
  id: Id<"wh">,
  mint: Mint,
) {
  const teamId = by.team_id;
  const rotation_id = Buffer.from(mint.bytes()).toString("hex");
  const secret = signingSecret(mint.bytes());
  return overChanges(["webhook", id], async () => {
    const seen = await webhooks.find(teamId, id);
    if (!seen) throw notFound();
    if (seen.rotation_id === rotation_id) return { ...seen, secret };
    const webhook = {
      ...seen,
      signing_secret: await secrets.seal(teamId, webhookSecretPlace(id), secret),
      previous_secrets: afterRotation(seen, mint.now),
      rotation_id,
      version: seen.version + 1,
      updated_at: isoTime(mint.now),
    };
    const audit = auditPart(by, mint, {
      action: "webhook_endpoint.secret_rotated",
      resource_id: id,
      before: auditedWebhook(seen),
      after: auditedWebhook(webhook),
    });
    const outcome = await webhooks.replace(teamId, webhook, seen, audit);
    return outcome === "replaced" ? { ...webhook, secret } : undefined;
  });
}

export interface RotateWebhookSecretDeps {
  readonly webhooks: WebhookStore;
  readonly secrets: TeamSecrets;
}
