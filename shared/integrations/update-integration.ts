import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { notFound } from "../errors/api-error.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { isSameJson } from "../schema/same-json.ts";
import { sealMap } from "../secrets/seal-map.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { overChanges } from "../table/over-changes.ts";
import { checkIntegration } from "./check-integration.ts";
import { forgotten } from "./health.ts";
import {
  auditedIntegration,
  changedSettings,
  type IntegrationPatch,
  type StoredIntegration,
} from "./integration.ts";
import type { IntegrationStore } from "./integration-store.ts";
import { headerPlace } from "./secret-places.ts";

/** Changes an integration; a change made at the same moment is merged with, not overwritten. */
export async function updateIntegration(
  { integrations, secrets, allowPrivate }: UpdateIntegrationDeps,
  by: Actor,
  id: Id<"int">,
  patch: IntegrationPatch,
  mint: Mint,
): Promise<StoredIntegration> {
  const teamId = by.team_id;
  return overChanges(["integration", id], async () => {
    const seen = (await integrations.find(teamId, id))?.integration;
    if (!seen) throw notFound();
    const { headers: given, model, settings, ...plain } = patch;
    checkIntegration(seen.type, patch, seen, allowPrivate());
    const headers = given
      ? await sealMap(secrets, teamId, given, seen.headers, (name) => headerPlace(id, name))
      : seen.headers;
    const { refuses_until, ...rest } = seen;
    const isSameModel =
      (model ?? seen.model) === seen.model && (patch.url === undefined || patch.url === seen.url);
    const next = {
      ...rest,
      ...(refuses_until && isSameModel && { refuses_until }),
      ...plain,
      headers,
      ...(seen.model !== undefined && {
        model: model ?? seen.model,
        settings: changedSettings(seen.settings ?? {}, settings),
      }),
    };
    if (isSameJson(next, seen)) return seen;
    const at = isoTime(mint.now);
    const integration = {
      ...next,
      ...(isAnother(next, seen) && { health: forgotten(seen.health, mint.now) }),
      ...(isWeighedAnew(seen, next) && { weighed_at: at }),
      version: seen.version + 1,
      updated_at: at,
    };
    const audit = auditPart(by, mint, {
      action: "integration.updated",
      resource_id: id,
      before: auditedIntegration(seen),
      after: auditedIntegration(integration),
    });
    const outcome = await integrations.replace(teamId, integration, seen, audit);
    return outcome === "replaced" ? integration : undefined;
  });
}

/** Whether how it did before says nothing of what it is now. */
const isAnother = (next: StoredIntegration, seen: StoredIntegration) =>
  (["url", "model", "status"] as const).some((name) => next[name] !== seen[name]) ||
  !isSameJson(next.headers, seen.headers);

/** Whether another part of the messages may be for it than before. */
const isWeighedAnew = (seen: StoredIntegration, next: StoredIntegration) =>
  (["weight", "status", "fallback"] as const).some((name) => seen[name] !== next[name]);

export interface UpdateIntegrationDeps {
  readonly integrations: IntegrationStore;
  readonly secrets: TeamSecrets;
  readonly allowPrivate: () => boolean;
}
