import type { StoredBot } from "../bots/bot.ts";
import { ApiError, invalid, invalidRequest } from "../errors/api-error.ts";
import { readOutboundUrl } from "../outbound/url-rules.ts";
import type { Account, ChannelAccess } from "../platforms/adapter.ts";
import { type PlatformName, platforms } from "../platforms/catalogue.ts";
import type { Refusal } from "../platforms/failure.ts";
import type { Id } from "../runtime/ids.ts";
import { sealMap } from "../secrets/seal-map.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { either, equals, missing } from "../table/condition.ts";
import { keys, namedIn } from "../table/keys.ts";
import type { Operation, Table } from "../table/table.ts";
import { askPlatform, type AskPlatformDeps, type Patience } from "./ask-platform.ts";
import type { ChannelInput, PlatformChannel } from "./channel.ts";
import { answersAll, credentialPlace, hookSecretPlace } from "./channel-secrets.ts";
import type { ChannelStore } from "./channel-store.ts";
import { hookUrl, type StoredHook, verifierPlace } from "./hook.ts";

/** Throws a 422 for credentials that a channel of this type does not have, or lacks. */
export function checkCredentials(
  type: ChannelInput["type"],
  credentials: ChannelInput["credentials"],
): void {
  const names: readonly string[] = type === "web" ? [] : platforms[type].credentials;
  const given = Object.entries(credentials).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  const problems = [
    ...given
      .filter((name) => !names.includes(name))
      .map((name) => ({
        path: `body.credentials.${name}`,
        message: "There is no such field.",
      })),
    ...names
      .filter((name) => !given.includes(name))
      .map((name) => ({
        path: `body.credentials.${name}`,
        message: `Required for the type ${type}.`,
      })),
  ];
  if (problems.length > 0) throw invalidRequest(problems);
}

/** The address that platforms call us at. Throws a 422 at `path` where they could not reach it. */
function addressForPlatforms(publicUrl: string, path: string): string {
  if ("problem" in readOutboundUrl(publicUrl, { allowPrivate: false })) {
    throw invalid(
      path,
      "The platform has to call us, and there is no public HTTPS address here: start with PUBLIC_URL, such as the https:// address of a tunnel to this machine.",
    );
  }
  return publicUrl;
}

/** A channel of a platform before its platform was asked. */
export type Stranger = Pick<PlatformChannel, "id" | "bot_id" | "type" | "version">;

/** What a platform was told of a channel, and what it said. */
export interface Introduced {
  readonly fields: Pick<
    PlatformChannel,
    "status" | "status_reason" | "webhook_url" | "credentials" | "hook_secret" | "account"
  >;
  readonly hook: Operation;
}

/**
 * Asks a platform whose these credentials are, and seals them. Throws a 422 when it refuses them; when it cannot be
 * reached, the account is null.
 */
export async function introduceChannel(
  deps: IntroduceDeps,
  teamId: Id<"team">,
  channel: Stranger,
  credentials: ChannelInput["credentials"],
  bot: StoredBot,
  { at, hookSecret, patience }: HowToIntroduce,
): Promise<Introduced> {
  const { secrets } = deps;
  // What is not given is not there.
  const given = credentials as Readonly<Record<string, string>>;
  const { id, bot_id, type, version } = channel;
  const url = hookUrl(addressForPlatforms(deps.publicUrl(), at), type, id);
  const access = (hook_secret: string): ChannelAccess<PlatformName> => ({
    credentials: given,
    hook_url: url,
    hook_secret,
    answers_all_in_groups: answersAll(bot),
  });
  const probed = await askPlatform(deps, type, patience, (adapter, ask) =>
    adapter.probe(ask, access("")),
  );
  if (!probed.ok && probed.class !== "retry") throw refused(probed);
  const account = probed.ok ? probed.account : null;
  const secret = await hookSecret(account);
  const verifier = deps.adapterOf(type).verifierOf(access(secret));
  const hook: StoredHook = {
    team_id: teamId,
    bot_id,
    channel_id: id,
    type,
    verifier: platforms[type].verifier_is_secret
      ? await secrets.seal(teamId, verifierPlace(id), JSON.stringify(verifier))
      : verifier,
    account,
    version,
  };
  return {
    fields: {
      status: "pending",
      status_reason: probed.ok ? null : probed.message,
      webhook_url: url,
      credentials: await sealMap(secrets, teamId, given, {}, (name) => credentialPlace(id, name)),
      hook_secret: await secrets.seal(teamId, hookSecretPlace(id), secret),
      account,
    },
    hook: { put: { ...hook, ...keys.hook(id) } },
  };
}

export interface IntroduceDeps extends AskPlatformDeps {
  readonly secrets: TeamSecrets;
  /** Where platforms call us, without a slash at the end. */
  readonly publicUrl: () => string;
}

interface HowToIntroduce {
  /** The field of the request that is wrong where platforms cannot call us. */
  readonly at: string;
  /** The secret of the hook, for an account that is perhaps not known. */
  readonly hookSecret: (account: Account | null) => Promise<string>;
  readonly patience: Patience;
}

function refused({ message, field }: Refusal) {
  const path = field === undefined ? "body.credentials" : `body.credentials.${field}`;
  return new ApiError("channel_credentials_rejected", message, { details: [{ path, message }] });
}

/**
 * The part of a transaction that makes an account this channel's, or `taken` when another channel of the team has it.
 * One that is being erased with its bot has lost it.
 */
export async function accountPart(
  { table, channels }: { readonly table: Table; readonly channels: ChannelStore },
  teamId: Id<"team">,
  { id, bot_id, type }: Stranger,
  account: Account,
): Promise<Operation | "taken"> {
  const key = keys.platformAccount(teamId, type, account.id);
  const row = await table.get(key);
  const owner = row && namedIn(row).channel_id;
  const isTaken = owner !== undefined && owner !== id;
  if (isTaken && (await channels.find(teamId, owner))) return "taken";
  return {
    put: { ...key, channel_id: id, bot_id },
    condition: either(missing("channel_id"), equals("channel_id", isTaken ? owner : id)),
  };
}

/** A 409: the account speaks for another channel. */
export const accountTaken = () =>
  new ApiError(
    "conflict",
    "Another channel of your team speaks for this account. Delete that one, or use another account.",
  );
