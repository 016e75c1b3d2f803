import { isOfPlatform, type PlatformChannel } from "../channels/channel.ts";
import { openCredentials } from "../channels/channel-secrets.ts";
import { adapterOf } from "../platforms/adapters.ts";
import { baseUrlOf } from "../platforms/catalogue.ts";
import { memoryByTable } from "../table/memory-by-table.ts";
import { isNamed, type User } from "./message.ts";
import type { SendReplyDeps } from "./send-reply.ts";
import type { Turn } from "./turn.ts";

type Names = Pick<User, "name" | "username">;

const foundMs = 3_600_000;
const notFoundMs = 300_000;
/** An answer waits no longer for a name. */
const patienceMs = 2_000;
/** What this process remembers, by channel and user. */
const memoryOf = memoryByTable<string, { readonly names: Names | undefined; until: number }>(
  10_000,
);

/**
 * Who is answered, as the platform calls them, where their messages bring an id only; undefined where these bring a name,
 * and where the platform tells none. It is asked once an hour, or after five minutes when it did not tell. Never throws.
 */
export async function lookUpUser(
  deps: LookUpDeps,
  { lease: { ref }, channel, question: { user } }: Turn,
  signal: AbortSignal,
): Promise<User | undefined> {
  if (!user || isNamed(user) || !isOfPlatform(channel)) return undefined;
  const remembered = memoryOf(deps.table);
  const key = `${channel.id} ${user.id}`;
  let known = remembered.get(key);
  if (!known || known.until <= deps.clock()) {
    const names = await askFor(deps, ref.team_id, channel, user.id, signal).catch(() => undefined);
    known = { names, until: deps.clock() + (names ? foundMs : notFoundMs) };
    remembered.set(key, known);
  }
  return known.names && { ...user, ...known.names };
}

type LookUpDeps = Omit<SendReplyDeps, "replies">;

async function askFor(
  { secrets, fetch, clock, timer }: LookUpDeps,
  teamId: Turn["lease"]["ref"]["team_id"],
  channel: PlatformChannel,
  userId: string,
  outer: AbortSignal,
): Promise<Names | undefined> {
  const { lookUpUser: ask } = adapterOf(channel.type);
  if (!ask) return undefined;
  const credentials = await openCredentials(secrets, teamId, channel);
  const late = new AbortController();
  const cancel = timer(patienceMs, () => late.abort(new Error("The platform took too long.")));
  const signal = AbortSignal.any([late.signal, outer]);
  try {
    return await ask(
      { fetch, base_url: baseUrlOf(channel.type), clock, signal },
      credentials,
      userId,
    );
  } finally {
    cancel();
  }
}
