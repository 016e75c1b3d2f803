import type { CredentialsOf, PlatformName } from "../platforms/catalogue.ts";
import type { Id } from "../runtime/ids.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import type { StoredChannel } from "./channel.ts";

/** Opens what acts for a bot at its platform, for one call and not to be kept. */
export async function openCredentials(
  secrets: Pick<TeamSecrets, "open">,
  teamId: Id<"team">,
  { id, credentials = {} }: StoredChannel,
): Promise<CredentialsOf<PlatformName>> {
  const opened = Object.entries(credentials).map(async ([name, sealed]) => {
    const place = { resource_id: id, field: `credentials.${name}` };
    return [name, await secrets.open(teamId, place, sealed)] as const;
  });
  // A channel is stored with all that its own platform asks for, and is spoken to by that one's adapter.
  return Object.fromEntries(await Promise.all(opened)) as CredentialsOf<PlatformName>;
}
