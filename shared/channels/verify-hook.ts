import { ApiError, notFound } from "../errors/api-error.ts";
import type { Inbound, Verifier } from "../platforms/adapter.ts";
import type { PlatformName, platforms } from "../platforms/catalogue.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { NoDataKeyError, type Sealed } from "../secrets/sealed.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { keys } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import { asHook, type StoredHook, verifierPlace } from "./hook.ts";

/** A call as it came to a hook. */
interface HookCall {
  readonly params: { readonly channel_id: Id<"ch"> };
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly raw: Uint8Array;
}

/**
 * Finds the hook that a call came to, and proves by the raw bytes that its platform made the call: undefined when it did
 * not. Throws a 404 where no channel of this platform has the hook.
 */
export const verifyHook =
  <P extends PlatformName>(
    { table, clock, secrets }: VerifyHookDeps<P>,
    type: P,
    { verify }: Pick<Inbound, "verify">,
  ) =>
  async ({ params, headers, raw }: HookCall): Promise<StoredHook | undefined> => {
    const hook = await findHook(table, type, params.channel_id);
    const verifier = secrets ? await opened(secrets, hook) : hook.verifier;
    // The catalogue says of each platform which of the two is stored.
    return verify({ headers, body: raw }, verifier as Verifier, clock()) ? hook : undefined;
  };

/**
 * Gives what a platform that asks whether a hook is ours is told. Throws a 403 where it may not know, and a 404 where no
 * channel of this platform has the hook.
 */
export const answerHandshake =
  <P extends PlatformName>(
    { table, secrets }: Pick<VerifyHookDeps<"whatsapp">, "table" | "secrets">,
    type: P,
    { handshake }: Pick<Required<Inbound>, "handshake">,
  ) =>
  async ({ params, query }: HandshakeCall): Promise<string> => {
    const verifier = await opened(secrets, await findHook(table, type, params.channel_id));
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    const answer = handshake(Object.fromEntries(given), verifier);
    if (answer !== undefined) return answer;
    throw new ApiError("invalid_verify_token", "The verify token is missing or wrong.");
  };

/** A question whether a hook is ours. */
interface HandshakeCall {
  readonly params: { readonly channel_id: Id<"ch"> };
  readonly query: Readonly<Record<string, string | undefined>>;
}

async function findHook(table: Table, type: PlatformName, id: Id<"ch">): Promise<StoredHook> {
  const hook = asHook(await table.get(keys.hook(id)));
  if (hook?.type !== type) throw notFound();
  return hook;
}

/** What verifying needs: what opens secrets where the platform's proof is one. */
type VerifyHookDeps<P extends PlatformName> = {
  readonly table: Table;
  readonly clock: Clock;
} & ((typeof platforms)[P]["verifier_is_secret"] extends true
  ? { readonly secrets: Pick<TeamSecrets, "open"> }
  : { readonly secrets?: never });

async function opened(
  secrets: Pick<TeamSecrets, "open">,
  { team_id, channel_id, verifier }: StoredHook,
): Promise<Verifier> {
  try {
    // It was sealed as JSON, by `introduceChannel`.
    const text = await secrets.open(team_id, verifierPlace(channel_id), verifier as Sealed);
    return JSON.parse(text) as Verifier;
  } catch (error) {
    // The team is deleted, and this row is erased next.
    if (error instanceof NoDataKeyError) throw notFound();
    throw error;
  }
}
