import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { ApiError, notFound } from "../errors/api-error.ts";
import { signingSecret } from "../outbound/webhook-signature.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { afterRotation } from "../secrets/signing-secrets.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { overChanges } from "../table/over-changes.ts";
import { auditedIntegration, shownIntegration } from "./integration.ts";
import type { IntegrationStore } from "./integration-store.ts";
import { signingSecretPlace } from "./secret-places.ts";

/** Gives an integration a new signing secret; the old one signs beside it for 24 hours. */
export async function rotateSecret(
  { integrations, secrets }: RotateSecretDeps,
  by: Actor,
  id: Id<"int">,
  mint: Mint,
) {
  const teamId = by.team_id;
  const rotation = Buffer.from(mint.bytes()).toString("hex");
  const secret = signingSecret(mint.bytes());
  return overChanges(["integration", id], async () => {
    const seen = (await integrations.find(teamId, id))?.integration;
    if (!seen) throw notFound();
    const { signing_secret } = seen;
    if (!signing_secret) {
      throw new ApiError(
        "conflict",
        "Only integrations of the type webhook have a signing secret.",
      );
    }
    if (seen.rotation_id === rotation) return { ...shownIntegration(seen), signing_secret: secret };
    const integration = {
      ...seen,
      signing_secret: await secrets.seal(teamId, signingSecretPlace(id), secret),
      previous_secrets: afterRotation({ ...seen, signing_secret }, mint.now),
      rotation_id: rotation,
      version: seen.version + 1,
      updated_at: isoTime(mint.now),
    };
    const audit = auditPart(by, mint, {
      action: "integration.secret_rotated",
      resource_id: id,
      before: auditedIntegration(seen),
      after: auditedIntegration(integration),
    });
    const outcome = await integrations.replace(teamId, integration, seen, audit);
    return outcome === "replaced"
      ? { ...shownIntegration(integration), signing_secret: secret }
      : undefined;
  });
}

export interface RotateSecretDeps {
  readonly integrations: IntegrationStore;
  readonly secrets: TeamSecrets;
}
