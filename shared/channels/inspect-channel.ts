import type { StoredBot } from "../bots/bot.ts";
import { readOutboundUrl } from "../outbound/url-rules.ts";
import type { ChannelAccess, Probed } from "../platforms/adapter.ts";
import { type PlatformName, platforms } from "../platforms/catalogue.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { isSameJson } from "../schema/same-json.ts";
import type { Sealed } from "../secrets/sealed.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { keys } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import { findStuckWork } from "../work/stuck-work.ts";
import { workKey } from "../work/work-kinds.ts";
import { askPlatform, type AskPlatformDeps } from "./ask-platform.ts";
import {
  type Health,
  isOfPlatform,
  type NotedFailure,
  type PlatformChannel,
  type StoredChannel,
} from "./channel.ts";
import { openAccess } from "./channel-secrets.ts";
import { asHook, verifierPlace } from "./hook.ts";
import { reachHook } from "./reach-hook.ts";

type Finding = Health["problems"][number];

const patienceMs = 15_000;
/** A platform tells its time in whole seconds. */
const mostSkewMs = 60_000;

/**
 * What is wrong with a channel, most likely cause first, each in a sentence for its operator: by what is stored, by calling
 * its hook, by what its platform says now, and by the work that waits. Changes nothing; never throws for what the platform does.
 */
export async function inspectChannel(
  deps: InspectDeps,
  teamId: Id<"team">,
  { channel, bot }: { readonly channel: StoredChannel; readonly bot: StoredBot },
): Promise<readonly Finding[]> {
  const ofPlatform = isOfPlatform(channel) ? await atPlatform(deps, teamId, channel, bot) : [];
  return [...switchedOff(channel, bot), ...ofPlatform, ...(await stuckWork(deps, teamId, channel))];
}

export interface InspectDeps extends AskPlatformDeps {
  readonly table: Table;
  readonly secrets: TeamSecrets;
  /** Whether this machine is the one that the platform runs on: its clock counts then. */
  readonly runs_here: boolean;
}

function switchedOff({ enabled, status, status_reason }: StoredChannel, bot: StoredBot): Finding[] {
  const reason = status_reason === null ? "" : `: ${status_reason}`;
  return [
    ...said(
      bot.status !== "active",
      "bot_paused",
      "The bot is paused: messages are kept and not answered. Set its status to active.",
    ),
    ...said(
      !enabled,
      "channel_disabled",
      "The channel is not enabled: messages are kept and not answered. Set `enabled` to true.",
    ),
    ...said(
      status === "disconnected",
      "disconnected",
      `The channel is disconnected${reason}. PATCH its credentials, also the same, to connect it again.`,
    ),
    ...said(
      status === "pending",
      "pending",
      `The channel is not connected yet${reason}. The jobs worker tries it again for 72 hours; PATCH its credentials to try it at once.`,
    ),
  ];
}

const said = (is: boolean, code: string, message: string): Finding[] =>
  is ? [{ code, message }] : [];

async function atPlatform(
  deps: InspectDeps,
  teamId: Id<"team">,
  channel: PlatformChannel,
  bot: StoredBot,
): Promise<Finding[]> {
  const { send_failure, fetch_failure, webhook_url } = channel;
  const address = readOutboundUrl(webhook_url, { allowPrivate: false });
  const isPublic = !("problem" in address);
  const unreached = isPublic ? await reachHook(deps, webhook_url) : undefined;
  const stored = [
    ...said(
      !isPublic,
      "not_public",
      `The platform cannot call ${webhook_url}: it has to be a public https:// address. Start with PUBLIC_URL and PATCH the credentials.`,
    ),
    ...(unreached ? [unreached] : []),
    ...noted("Replies are refused", send_failure),
    ...noted("Files are not to be had", fetch_failure),
  ];
  const access = await openAccess(deps.secrets, teamId, channel.id, channel, bot).catch(sealed);
  if ("code" in access) return [...stored, access];
  const skew = watchedClock(deps);
  const probed = await askPlatform(
    { ...deps, fetch: skew.fetch },
    channel.type,
    { ms: patienceMs },
    (adapter, ask) => adapter.probe(ask, access),
  );
  return [
    ...stored,
    ...(await hookProblems(deps, teamId, channel, access)),
    ...asked(probed, channel),
    ...(deps.runs_here ? skew.problems() : []),
  ];
}

const noted = (what: string, failure: NotedFailure | undefined): Finding[] =>
  failure
    ? [{ code: failure.code, message: `${what} since ${failure.at}: ${failure.message}` }]
    : [];

const sealed = (error: unknown): Finding => ({
  code: "credentials_sealed",
  message: `The credentials cannot be opened here, so that the platform was not asked: ${error instanceof Error ? error.message : String(error)}`,
});

function asked(probed: Probed, { account }: PlatformChannel): Finding[] {
  if (probed.ok) {
    return [
      ...said(
        account !== null && account.id !== probed.account.id,
        "other_account",
        `The credentials are of another account, ${probed.account.name}. PATCH them to connect it.`,
      ),
      ...probed.problems,
    ];
  }
  const { class: kind, code, message } = probed;
  if (kind === "disconnected") {
    const refused = `The platform refuses the credentials: ${message}`;
    return [{ code: "credentials_dead", message: refused }];
  }
  if (kind === "retry") {
    return [{ code: "platform_unreachable", message: `The platform does not answer: ${message}` }];
  }
  return [{ code, message }];
}

/** Whether calls of the platform would be let in: its proof is checked with what stands in the hook. */
async function hookProblems(
  { table, secrets, adapterOf }: InspectDeps,
  teamId: Id<"team">,
  { id, type }: PlatformChannel,
  access: ChannelAccess<PlatformName>,
): Promise<Finding[]> {
  const hook = asHook(await table.get(keys.hook(id)));
  if (!hook) {
    const message =
      "Calls of the platform are answered with 404, because the hook is gone. PATCH the credentials.";
    return [{ code: "hook_missing", message }];
  }
  const is: unknown = platforms[type].verifier_is_secret
    ? // The catalogue says that it is sealed.
      JSON.parse(await secrets.open(teamId, verifierPlace(id), hook.verifier as Sealed))
    : hook.verifier;
  return said(
    !isSameJson(is, adapterOf(type).verifierOf(access)),
    "wrong_secret",
    "Calls of the platform are answered with 401, because the hook expects another secret. PATCH the credentials.",
  );
}

/** A fetch that compares the clock here with the time that the answers tell. */
function watchedClock({
  fetch,
  clock,
}: {
  readonly fetch: InspectDeps["fetch"];
  readonly clock: Clock;
}) {
  let ahead = 0;
  const watched: InspectDeps["fetch"] = async (url, request) => {
    const answer = await fetch(url, request);
    const there = Date.parse(answer.headers["date"] ?? "");
    if (!Number.isNaN(there)) ahead = clock() - there;
    return answer;
  };
  return {
    fetch: watched,
    problems: () =>
      said(
        Math.abs(ahead) > mostSkewMs,
        "clock_off",
        `The clock of this machine is ${Math.round(Math.abs(ahead) / 1_000)} s ${ahead > 0 ? "ahead of" : "behind"} the platform's. Calls that are signed with a time are refused from 300 s on: have it set by a time server.`,
      ),
  };
}

/** Work of the channel that does not go on. */
async function stuckWork(
  { table, clock }: InspectDeps,
  teamId: Id<"team">,
  { id }: StoredChannel,
): Promise<Finding[]> {
  const stuck = (await findStuckWork(table, clock())).filter(({ ref }) => ref.team_id === teamId);
  const ofConversations = stuck.flatMap(({ ref }) => (ref.kind === "conversation" ? [ref] : []));
  const rows = await table.batchGet(ofConversations.map(workKey));
  const waiting = rows.filter((row) => row?.["channel_id"] === id).length;
  const isConnecting = stuck.some(({ ref }) => ref.kind === "connection" && ref.channel_id === id);
  const see = "npm run work -- list says why";
  return [
    ...said(
      isConnecting,
      "connection_stuck",
      `Connecting it, or letting go of what it had, does not go on: ${see}.`,
    ),
    ...said(
      waiting > 0,
      "work_stuck",
      `${waiting === 1 ? "A conversation waits" : `${waiting} conversations wait`} for an answer that does not come: ${see}.`,
    ),
  ];
}
