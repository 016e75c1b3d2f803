import type { StoredBot } from "#shared/bots/bot";
import type { StoredChannel } from "#shared/channels/channel";
import { createChannelStore } from "#shared/channels/channel-store";
import { asHook } from "#shared/channels/hook";
import { inspectChannel } from "#shared/channels/inspect-channel";
import { countCallsFor } from "#shared/outbound/call-slots";
import { liveSafeFetch } from "#shared/outbound/live-safe-fetch";
import { adapterOf } from "#shared/platforms/adapters";
import { systemClock } from "#shared/runtime/clock";
import type { Id } from "#shared/runtime/ids";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { keys } from "#shared/table/keys";
import { liveTable } from "#shared/table/live-table";
import { createTeamStore } from "#shared/teams/team-store";
import type { AwsPlace } from "../local/aws-place.ts";
import { StartError } from "../local/start-error.ts";

/** What is wrong with a channel. */
export interface Report extends Pick<
  StoredChannel,
  "type" | "name" | "status" | "bot_id" | "webhook_url"
> {
  readonly channel_id: Id<"ch">;
  readonly team_id: Id<"team">;
  readonly ok: boolean;
  readonly problems: Awaited<ReturnType<typeof inspectChannel>>;
}

/** Looks at a channel of a place, or of this machine's data folder. Throws a StartError when there is none with this id. */
export async function check(id: Id<"ch">, place: AwsPlace | undefined): Promise<Report> {
  const { team_id, channel: found, bot } = await findChannel(id);
  const deps = {
    table: liveTable(),
    secrets: liveTeamSecrets(),
    fetch: liveSafeFetch,
    adapterOf,
    clock: systemClock,
    runs_here: place?.stage === undefined,
  };
  const problems = await countCallsFor(team_id, "channels", () =>
    inspectChannel(deps, team_id, { channel: found, bot }),
  );
  const { type, name, status, bot_id, webhook_url } = found;
  const ok = problems.length === 0;
  return { channel_id: id, team_id, bot_id, type, name, status, webhook_url, ok, problems };
}

/** A channel by its id alone: its hook tells the team, and of one without a hook each team is asked. */
async function findChannel(id: Id<"ch">): Promise<{
  readonly team_id: Id<"team">;
  readonly channel: StoredChannel;
  readonly bot: StoredBot;
}> {
  const table = liveTable();
  const hook = asHook(await table.get(keys.hook(id)));
  const teamIds = hook
    ? [hook.team_id]
    : (await createTeamStore(table).list()).map(({ id: team_id }) => team_id);
  const addresses = await table.batchGet(teamIds.map((one) => keys.channelAddress(one, id)));
  const team_id = teamIds.find((_, at) => addresses[at]);
  const found = team_id && (await createChannelStore(table).find(team_id, id));
  if (!found) throw new StartError(`There is no channel ${id}.`);
  return { team_id, ...found };
}
