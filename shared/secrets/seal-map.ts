import type { Id } from "../runtime/ids.ts";
import type { Sealed, SecretPlace } from "./sealed.ts";
import type { TeamSecrets } from "./team-secrets.ts";

/** Seals named values; one that equals the mask of the stored one keeps that. */
export async function sealMap(
  secrets: TeamSecrets,
  teamId: Id<"team">,
  values: Readonly<Record<string, string>>,
  stored: Readonly<Record<string, Sealed>>,
  placeOf: (name: string) => SecretPlace,
): Promise<Record<string, Sealed>> {
  const sealed = Object.entries(values).map(async ([name, value]) => {
    const before = Object.hasOwn(stored, name) ? stored[name] : undefined;
    if (before?.mask === value) return [name, before] as const;
    return [name, await secrets.seal(teamId, placeOf(name), value)] as const;
  });
  return Object.fromEntries(await Promise.all(sealed));
}
