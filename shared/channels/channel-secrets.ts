import type { StoredBot } from "../bots/bot.ts";
import type { ChannelAccess } from "../platforms/adapter.ts";
import type { CredentialsOf, PlatformName } from "../platforms/catalogue.ts";
import type { Id } from "../runtime/ids.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import type { PlatformChannel } from "./channel.ts";
import type { Access } from "./connection.ts";

/** Where a credential is bound to, so that a ciphertext cannot be moved to another row or name. */
export const credentialPlace = (channelId: Id<"ch">, name: string) => ({
  resource_id: channelId,
  field: `credentials.${name}`,
});

/** Where the secret of a hook is bound to. */
export const hookSecretPlace = (channelId: Id<"ch">) => ({
  resource_id: channelId,
  field: "hook_secret",
});

/** Opens what acts for a bot at its platform, for the calls at hand and not to be kept. */
export async function openCredentials(
  secrets: Pick<TeamSecrets, "open">,
  teamId: Id<"team">,
  { id, credentials }: Pick<PlatformChannel, "id" | "credentials">,
): Promise<CredentialsOf<PlatformName>> {
  const opened = Object.entries(credentials).map(async ([name, sealed]) => [
    name,
    await secrets.open(teamId, credentialPlace(id, name), sealed),
  ]);
  // Their names were checked by the catalogue when they were sealed.
  return Object.fromEntries(await Promise.all(opened)) as CredentialsOf<PlatformName>;
}

/** A channel as its adapter has to know it, secrets open. */
export async function openAccess(
  secrets: TeamSecrets,
  teamId: Id<"team">,
  id: Id<"ch">,
  { webhook_url, credentials, hook_secret }: Access,
  bot?: StoredBot,
): Promise<ChannelAccess<PlatformName>> {
  return {
    credentials: await openCredentials(secrets, teamId, { id, credentials }),
    hook_url: webhook_url,
    hook_secret: await secrets.open(teamId, hookSecretPlace(id), hook_secret),
    answers_all_in_groups: bot !== undefined && answersAll(bot),
  };
}

/** Whether a bot answers in groups without being addressed. */
export const answersAll = ({ settings }: StoredBot) => settings.should_respond.groups === "always";
