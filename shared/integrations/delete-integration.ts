import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { overChanges } from "../table/over-changes.ts";
import { auditedIntegration } from "./integration.ts";
import type { IntegrationStore } from "./integration-store.ts";

/** Removes an integration at once. */
export async function deleteIntegration(
  { integrations }: { readonly integrations: IntegrationStore },
  by: Actor,
  id: Id<"int">,
  mint: Mint,
): Promise<"removed"> {
  return overChanges(["integration", id], async () => {
    const seen = (await integrations.find(by.team_id, id))?.integration;
    if (!seen) throw notFound();
    const audit = auditPart(by, mint, {
      action: "integration.deleted",
      resource_id: id,
      before: auditedIntegration(seen),
      after: null,
    });
    const outcome = await integrations.remove(by.team_id, seen, audit);
    return outcome === "removed" ? outcome : undefined;
  });
}
