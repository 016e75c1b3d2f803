import { parseArgs } from "node:util";
import {
  placeOptions,
  readArguments,
  readPlace,
  runCommand,
  UsageError,
} from "./operator-command.ts";
import type { Row } from "./stuck-work.ts";

const help = `Usage: npm run --silent work -- COMMAND [ID…] [--aws] [--stage STAGE] [--json]

  list           prints dead letters, and unfinished work that does not go on
  retry [ID…]    makes all of it due now, as if it had never failed, or only what has these ids

Dead letters are messages over which a worker died again and again; the work itself stands in the
table. Unfinished work is listed when it was claimed more than three times without progress
(failing), is due for five minutes and nobody takes it (not_taken), waits for an hour after five
failures (given_up), or was turned away 13 times because all places that its team may have are
taken by what is slow, or no memory is left for it (turned_away). Retry does no harm: what is
finished or being worked on is left alone. It looks in the folder DATA_DIR (.data), with --stage in
what was deployed, or with --aws where npm start -- --aws works.
`;

/** `npm run work`: exits with 0, with 1 when it could not be done, with 2 when the arguments are wrong. */
export const work = (args: string[]): Promise<void> =>
  runCommand("work", async () => {
    const { command, ids, place, json } = readCommand(args);
    if (command === "help") return help.trimEnd();
    // The platform, which arguments that are wrong need not wait for.
    const { atDeployment } = await import("./at-deployment.ts");
    const { list, retry } = await import("./stuck-work.ts");
    const rows = await atDeployment(place, () =>
      command === "list" ? list(place) : retry(place, ids),
    );
    if (json) return JSON.stringify(rows);
    const none = command === "list" ? "Nothing is stuck." : "There is nothing to retry.";
    return rows.length > 0 ? rows.map(lineOf).join("\n") : none;
  });

function readCommand(args: string[]) {
  const { positionals, values } = parse(args);
  const [command = "", ...ids] = positionals;
  const { json = false } = values;
  const place = readPlace(values);
  if (values.help || command === "help") {
    return { command: "help" as const, ids, place, json };
  }
  if (command === "list" && ids.length > 0) throw new UsageError("list takes no ids.");
  if (command === "list" || command === "retry") return { command, ids, place, json } as const;
  throw new UsageError(
    command === ""
      ? "Say what to do: list, retry."
      : `There is no command ${command}: list, retry.`,
  );
}

const parse = (args: string[]) =>
  readArguments(() =>
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

const lineOf = ({ kind, id, team_id, state, since, claims, dead_letters }: Row) =>
  [
    state.padEnd(11),
    kind.padEnd(12),
    id,
    team_id,
    `since ${since}`,
    `${claims} claims`,
    ...(dead_letters > 0 ? [`${dead_letters} dead letters`] : []),
  ].join("  ");
