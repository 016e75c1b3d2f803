import type { Sealed } from "../secrets/sealed.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import type { StoredIntegration } from "./integration.ts";

/** Where a header's value is bound to, so that a ciphertext cannot be moved to another row or name. */
export const headerPlace = (integrationId: string, name: string) => ({
  resource_id: integrationId,
  field: `headers.${name}`,
});

/** Where a signing secret is bound to. */
export const signingSecretPlace = (integrationId: string) => ({
  resource_id: integrationId,
  field: "signing_secret",
});

/** Seals values; one that equals the mask of the stored one keeps that. */
export async function sealHeaders(
  secrets: TeamSecrets,
  teamId: string,
  integrationId: string,
  headers: Readonly<Record<string, string>>,
  stored: StoredIntegration["headers"] = {},
): Promise<Record<string, Sealed>> {
  const sealed = Object.entries(headers).map(async ([name, value]) => {
    const before = Object.hasOwn(stored, name) ? stored[name] : undefined;
    if (before?.mask === value) return [name, before] as const;
    const now = await secrets.seal(teamId, headerPlace(integrationId, name), value);
    return [name, now] as const;
  });
  return Object.fromEntries(await Promise.all(sealed));
}
