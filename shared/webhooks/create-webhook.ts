import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { notFound } from "../errors/api-error.ts";
import { checkRoom } from "../errors/check-room.ts";
import { checkUrl } from "../outbound/check-url.ts";
import { signingSecret } from "../outbound/webhook-signature.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Mint } from "../runtime/mint.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { overChanges } from "../table/over-changes.ts";
import type { TeamStore } from "../teams/team-store.ts";
import {
  auditedWebhook,
  type StoredWebhook,
  type WebhookInput,
  webhookSecretPlace,
} from "./webhook.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** Registers an endpoint. Its secret is in this answer and never again. */
export async function createWebhook(
  deps: CreateWebhookDeps,
  by: Actor,
  input: WebhookInput,
  mint: Mint,
): Promise<StoredWebhook & { readonly secret: string }> {
  const teamId = by.team_id;
  checkUrl("body.url", input.url, deps.allowPrivate());
  const id = mint.id("wh");
  const secret = signingSecret(mint.bytes());
  const at = isoTime(mint.now);
  return overChanges(["team", teamId], async () => {
    const team = await deps.teams.find(teamId);
    if (!team) throw notFound();
    checkRoom("webhooks", await deps.webhooks.list(teamId), id);
    const webhook: StoredWebhook = {
      ...input,
      id,
      disabled_reason: input.status === "disabled" ? "by_request" : null,
      signing_secret: await deps.secrets.seal(teamId, webhookSecretPlace(id), secret),
      version: 1,
      created_at: at,
      updated_at: at,
    };
    const audit = auditPart(by, mint, {
      action: "webhook_endpoint.created",
      resource_id: id,
      before: null,
      after: auditedWebhook(webhook),
    });
    const outcome = await deps.webhooks.insert(teamId, webhook, team, audit);
    if (outcome === "gone") throw notFound();
    return outcome === "inserted" ? { ...webhook, secret } : undefined;
  });
}

export interface CreateWebhookDeps {
  readonly teams: TeamStore;
  readonly webhooks: WebhookStore;
  readonly secrets: TeamSecrets;
  readonly allowPrivate: () => boolean;
}
