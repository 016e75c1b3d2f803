import { parseArgs } from "node:util";
import type { StoredBot } from "#shared/bots/bot";
import type { StoredChannel } from "#shared/channels/channel";
import { createChannelStore } from "#shared/channels/channel-store";
import { asHook } from "#shared/channels/hook";
import { inspectChannel } from "#shared/channels/inspect-channel";
import { countCallsFor } from "#shared/outbound/call-slots";
import { liveSafeFetch } from "#shared/outbound/live-safe-fetch";
import { adapterOf } from "#shared/platforms/adapters";
import { systemClock } from "#shared/runtime/clock";
import { type Id, idPattern } from "#shared/runtime/ids";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { keys } from "#shared/table/keys";
import { liveTable } from "#shared/table/live-table";
import { createTeamStore } from "#shared/teams/team-store";
import type { AwsPlace } from "../local/aws-place.ts";
import { StartError } from "../local/start-error.ts";
import { atDeployment } from "./at-deployment.ts";
import {
  placeOptions,
  readArguments,
  readPlace,
  runCommand,
  UsageError,
} from "./operator-command.ts";

const help = `Usage: npm run --silent channel -- check ID [--aws] [--stage STAGE] [--json]

  check ID   says in sentences what is wrong with a channel, and ends with 1 if anything is

It looks at what is stored, calls the channel's own hook as its platform would, asks the platform,
and looks for work that does not go on; it changes nothing. Where platforms are called can be set as for npm start, by TELEGRAM_API_URL and its
like. It looks in the folder DATA_DIR (.data), with --stage in what was deployed, or with --aws where
npm start -- --aws works. To ask the platform there, you need the right to open the stage's secrets
(kms:Decrypt).
`;

/** `npm run channel`: exits with 0 when nothing is wrong, with 1 when something is or it could not be told, with 2 when the arguments are wrong. */
export const channel = (args: string[]): Promise<void> =>
  runCommand("channel", async () => {
    const { id, place, json } = readCommand(args);
    if (id === undefined) return help.trimEnd();
    // What is printed is the answer alone.
    process.env["LOG_LEVEL"] = "error";
    process.env["ALLOW_PRIVATE_URLS"] ||= String(place?.stage === undefined);
    const report = await atDeployment(place, () => check(id, place));
    if (report.problems.length > 0) process.exitCode = 1;
    return json ? JSON.stringify(report) : textOf(report);
  });

function readCommand(args: string[]) {
  const { positionals, values } = readArguments(() =>
    parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...placeOptions,
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }),
  );
  const [command, given, ...rest] = positionals;
  const { json = false } = values;
  const place = readPlace(values);
  if (values.help || command === "help") return { id: undefined, place, json };
  if (command !== "check") {
    const what = command === undefined ? "Say what to do" : `There is no command ${command}`;
    throw new UsageError(`${what}: check.`);
  }
  if (given === undefined) throw new UsageError("Say which channel: check ID.");
  if (rest.length > 0) throw new UsageError("check takes one id.");
  if (!isChannelId(given)) throw new UsageError(`${JSON.stringify(given)} is no id of a channel.`);
  return { id: given, place, json };
}

const isChannelId = (text: string): text is Id<"ch"> => idPattern("ch").test(text);

interface Report extends Pick<
  StoredChannel,
  "type" | "name" | "status" | "bot_id" | "webhook_url"
> {
  readonly channel_id: Id<"ch">;
  readonly team_id: Id<"team">;
  readonly ok: boolean;
  readonly problems: Awaited<ReturnType<typeof inspectChannel>>;
}

async function check(id: Id<"ch">, place: AwsPlace | undefined): Promise<Report> {
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

function textOf({ problems, webhook_url, ...of }: Report): string {
  const { channel_id, team_id, bot_id, type, name, status } = of;
  const well =
    webhook_url === null ? "" : ` Its hook answers at ${webhook_url}, and its platform calls that.`;
  const lines = problems.map(({ code, message }) => `- ${message} (${code})`);
  return [
    `${channel_id}  ${type}  ${status}  ${JSON.stringify(name)}  of ${bot_id}  of ${team_id}`,
    ...(lines.length > 0 ? lines : [`Nothing is wrong with it.${well}`]),
  ].join("\n");
}
