import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { overChanges } from "../table/over-changes.ts";
import { auditedWebhook } from "./webhook.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** Removes an endpoint at once; its deliveries that wait fail. */
export async function deleteWebhook(
  { webhooks }: { readonly webhooks: WebhookStore },
  by: Actor,
  id: Id<"wh">,
  mint: Mint,
): Promise<"removed"> {
  return overChanges(["webhook", id], async () => {
    const seen = await webhooks.find(by.team_id, id);
    if (!seen) throw notFound();
    const audit = auditPart(by, mint, {
      action: "webhook_endpoint.deleted",
      resource_id: id,
      before: auditedWebhook(seen),
      after: null,
    });
    const outcome = await webhooks.remove(by.team_id, seen, audit);
    return outcome === "removed" ? outcome : undefined;
  });
}
