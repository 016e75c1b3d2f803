import { notFound } from "../errors/api-error.ts";
import { signingSecret } from "../outbound/webhook-signature.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { afterRotation } from "../secrets/signing-secrets.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { overChanges } from "../table/over-changes.ts";
import { webhookSecretPlace } from "./webhook.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** Gives an endpoint a new secret; the old one signs beside it for 24 hours. */
export async function rotateWebhookSecret(
  { webhooks, secrets }: RotateWebhookSecretDeps,
  teamId: Id<"team">,
  id: Id<"wh">,
  mint: Mint,
) {
  const rotation_id = Buffer.from(mint.bytes()).toString("hex");
  const secret = signingSecret(mint.bytes());
  return overChanges(["webhook", id], async () => {
    const seen = await webhooks.find(teamId, id);
    if (!seen) throw notFound();
    if (seen.rotation_id === rotation_id) return { ...seen, secret };
    const signing_secret = await secrets.seal(teamId, webhookSecretPlace(id), secret);
    const previous_secrets = afterRotation(seen, mint.now);
    const set = { signing_secret, previous_secrets, rotation_id };
    const webhook = await webhooks.change(teamId, seen, { set }, mint.now);
    return webhook && { ...webhook, secret };
  });
}

export interface RotateWebhookSecretDeps {
  readonly webhooks: WebhookStore;
  readonly secrets: TeamSecrets;
}
