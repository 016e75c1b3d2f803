import { notFound } from "../errors/api-error.ts";
import { checkUrl } from "../outbound/check-url.ts";
import type { Id } from "../runtime/ids.ts";
import { isSameJson } from "../schema/same-json.ts";
import { overChanges } from "../table/over-changes.ts";
import type { StoredWebhook, WebhookPatch } from "./webhook.ts";
import type { WebhookChange, WebhookStore } from "./webhook-store.ts";

/** Changes an endpoint; what a worker or somebody else changes at the same moment stays. */
export async function updateWebhook(
  { webhooks, allowPrivate }: UpdateWebhookDeps,
  teamId: Id<"team">,
  id: Id<"wh">,
  patch: WebhookPatch,
  now: number,
): Promise<StoredWebhook> {
  return overChanges(["webhook", id], async () => {
    const seen = await webhooks.find(teamId, id);
    if (!seen) throw notFound();
    if (patch.url !== undefined) checkUrl("body.url", patch.url, allowPrivate());
    if (isSameJson({ ...seen, ...patch }, seen)) return seen;
    return webhooks.change(teamId, seen, changeOf(seen, patch), now);
  });
}

export interface UpdateWebhookDeps {
  readonly webhooks: WebhookStore;
  readonly allowPrivate: () => boolean;
}

/** A new receiver, and one that is told again, has not failed yet. */
function changeOf(seen: StoredWebhook, { status = seen.status, ...patch }: WebhookPatch) {
  const isMoved = patch.url !== undefined && patch.url !== seen.url;
  const isActivated = status === "active" && seen.status === "disabled";
  const isDisabled = status === "disabled" && seen.status === "active";
  return {
    set: {
      ...patch,
      ...(isActivated && { status, disabled_reason: null }),
      ...(isDisabled && { status, disabled_reason: "by_request" }),
    },
    remove: isMoved || isActivated ? ["failing"] : [],
  } satisfies WebhookChange;
}
