import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { notFound } from "../errors/api-error.ts";
import { checkUrl } from "../outbound/check-url.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { isSameJson } from "../schema/same-json.ts";
import { overChanges } from "../table/over-changes.ts";
import { auditedWebhook, type StoredWebhook, type WebhookPatch } from "./webhook.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** Changes an endpoint; what a worker or somebody else changes at the same moment stays. */
export async function updateWebhook(
  { webhooks, allowPrivate }: UpdateWebhookDeps,
  by: Actor,
  id: Id<"wh">,
  patch: WebhookPatch,
  mint: Mint,
): Promise<StoredWebhook> {
  return overChanges(["webhook", id], async () => {
    const seen = await webhooks.find(by.team_id, id);
    if (!seen) throw notFound();
    if (patch.url !== undefined) checkUrl("body.url", patch.url, allowPrivate());
    if (isSameJson({ ...seen, ...patch }, seen)) return seen;
    const changed = patched(seen, patch);
    const webhook = { ...changed, version: seen.version + 1, updated_at: isoTime(mint.now) };
    const audit = auditPart(by, mint, {
      action: "webhook_endpoint.updated",
      resource_id: id,
      before: auditedWebhook(seen),
      after: auditedWebhook(webhook),
    });
    const outcome = await webhooks.replace(by.team_id, webhook, seen, audit);
    return outcome === "replaced" ? webhook : undefined;
  });
}

export interface UpdateWebhookDeps {
  readonly webhooks: WebhookStore;
  readonly allowPrivate: () => boolean;
}

/** A new receiver, and one that is told again, has not failed yet. */
function patched(seen: StoredWebhook, patch: WebhookPatch): StoredWebhook {
  const { failing, ...changed } = { ...seen, ...patch };
  const isSwitched = changed.status !== seen.status;
  const isAnother = changed.url !== seen.url || (isSwitched && changed.status === "active");
  return {
    ...changed,
    ...(isSwitched && { disabled_reason: changed.status === "disabled" ? "by_request" : null }),
    ...(failing && !isAnother && { failing }),
  };
}
