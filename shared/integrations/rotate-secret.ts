import { ApiError, notFound } from "../errors/api-error.ts";
import { signingSecret } from "../outbound/webhook-signature.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { afterRotation } from "../secrets/signing-secrets.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { overChanges } from "../table/over-changes.ts";
import { shownIntegration } from "./integration.ts";
import type { IntegrationStore } from "./integration-store.ts";
import { signingSecretPlace } from "./secret-places.ts";

/** Gives an integration a new signing secret; the old one signs beside it for 24 hours. */
export async function rotateSecret(
  { integrations, secrets }: RotateSecretDeps,
  teamId: Id<"team">,
  id: Id<"int">,
  mint: Mint,
) {
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
    if ((await integrations.replace(teamId, integration, seen.version)) === "replaced") {
      return { ...shownIntegration(integration), signing_secret: secret };
    }
    return undefined;
  });
}

export interface RotateSecretDeps {
  readonly integrations: IntegrationStore;
  readonly secrets: TeamSecrets;
}
