import { parseArgs } from "node:util";
import { type Id, idPattern } from "#shared/runtime/ids";
import type { Report } from "./check-channel.ts";
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
and looks for work that does not go on; it changes nothing. Where platforms are called can be set as
for npm start, by TELEGRAM_API_URL and its like. It looks in the folder DATA_DIR (.data), with --stage
in what was deployed, or with --aws where npm start -- --aws works. To ask the platform there, you
need the right to open the stage's secrets (kms:Decrypt).
`;

/** `npm run channel`: exits with 0 when nothing is wrong, with 1 when something is or it could not be told, with 2 when the arguments are wrong. */
export const channel = (args: string[]): Promise<void> =>
  runCommand("channel", async () => {
    const { id, place, json } = readCommand(args);
    if (id === undefined) return help.trimEnd();
    // What is printed is the answer alone.
    process.env["LOG_LEVEL"] = "error";
    process.env["ALLOW_PRIVATE_URLS"] ||= String(place?.stage === undefined);
    // The platform, which arguments that are wrong need not wait for.
    const { atDeployment } = await import("./at-deployment.ts");
    const { check } = await import("./check-channel.ts");
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
