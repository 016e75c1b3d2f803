import { parseArgs } from "node:util";
import { loadWorkers } from "#lib/manifest";
import type { QueueName } from "#shared/runtime/grants";
import { liveTable } from "#shared/table/live-table";
import { findStuckWork, makeDue, type StuckState } from "#shared/work/stuck-work";
import { workIdOf, type WorkKind, type WorkRef } from "#shared/work/work-kinds";
import { StartError } from "../local/start-error.ts";
import { atDeployment } from "./at-deployment.ts";
import { createOperatorQueues, type DeadLetter, type OperatorQueues } from "./dead-letters.ts";
import {
  placeOptions,
  readArguments,
  readPlace,
  runCommand,
  UsageError,
} from "./operator-command.ts";

const help = `Usage: npm run --silent work -- COMMAND [ID…] [--aws] [--stage STAGE] [--json]

  list           prints dead letters, and unfinished work that does not go on
  retry [ID…]    makes all of it due now, as if it had never failed, or only what has these ids

Dead letters are messages over which a worker died again and again; the work itself stands in the
table. Unfinished work is listed when it was claimed more than three times without progress
(failing), is due for five minutes and nobody takes it (not_taken), waits for an hour after five
failures (given_up), or was turned away ten times because all places that its team may have are
taken by what is slow (turned_away). Retry does no harm: what is finished or being worked on is left
alone. It looks in the folder DATA_DIR (.data), with --stage in what was deployed, or with --aws where
npm start -- --aws works.
`;

/** One piece of work that does not go on. */
interface Row {
  readonly kind: WorkKind | "unknown";
  readonly id: string;
  readonly team_id: string;
  readonly state: StuckState | "dead_letter";
  readonly since: string;
  readonly claims: number;
  readonly dead_letters: number;
}

/** `npm run work`: exits with 0, with 1 when it could not be done, with 2 when the arguments are wrong. */
export const work = (args: string[]): Promise<void> =>
  runCommand("work", async () => {
    const { command, ids, place, json } = readCommand(args);
    if (command === "help") return help.trimEnd();
    const rows = await atDeployment(place, async () => {
      const queues = createOperatorQueues(place);
      return command === "list" ? list(queues) : retry(queues, ids);
    });
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

/** What is stuck, with the dead letters that are about it; who looks must give the letters back or remove them. */
interface Found {
  readonly row: Row;
  readonly ref: WorkRef | undefined;
  readonly letters: readonly DeadLetter[];
}

async function find(queues: OperatorQueues): Promise<readonly Found[]> {
  const workers = await loadWorkers();
  const names = workers.flatMap(({ worker }): QueueName[] =>
    "queue" in worker.trigger ? [worker.trigger.queue] : [],
  );
  const stuck = await findStuckWork(liveTable(), Date.now());
  const letters = (await Promise.all(names.map((name) => queues.takeDeadLetters(name)))).flat();
  const byWork = Map.groupBy(letters, ({ ref, body }) => (ref ? workIdOf(ref) : body));
  const known = new Set(stuck.map(({ ref }) => workIdOf(ref)));
  return [
    ...stuck.map(({ ref, state, since, claims }) => {
      const own = byWork.get(workIdOf(ref)) ?? [];
      return { ref, letters: own, row: rowOf(ref, { state, since, claims, letters: own.length }) };
    }),
    ...[...byWork].flatMap(([id, own]) => {
      const [first] = own;
      if (!first || known.has(id)) return [];
      const facts = { since: first.sent_at, claims: 0, letters: own.length };
      return [
        { ref: first.ref, letters: own, row: rowOf(first.ref, { state: "dead_letter", ...facts }) },
      ];
    }),
  ];
}

function rowOf(
  ref: WorkRef | undefined,
  facts: { state: Row["state"]; since: number; claims: number; letters: number },
): Row {
  return {
    kind: ref?.kind ?? "unknown",
    id: ref ? workIdOf(ref) : "",
    team_id: ref?.team_id ?? "",
    state: facts.state,
    since: new Date(facts.since).toISOString(),
    claims: facts.claims,
    dead_letters: facts.letters,
  };
}

async function list(queues: OperatorQueues): Promise<readonly Row[]> {
  const found = await find(queues);
  for (const letter of found.flatMap(({ letters }) => letters)) await queues.putBack(letter);
  return found.map(({ row }) => row);
}

/** Wakes work that is unfinished and not being done, and removes its dead letters. Returns the rows of that work. */
async function retry(queues: OperatorQueues, ids: readonly string[]): Promise<readonly Row[]> {
  const found = await find(queues);
  const isMeant = ({ row }: Found) => ids.length === 0 || ids.includes(row.id);
  for (const { letters } of found.filter((one) => !isMeant(one))) {
    for (const letter of letters) await queues.putBack(letter);
  }
  const meant = found.filter(isMeant);
  for (const { ref, row, letters } of meant) {
    const early = row.state === "given_up" || row.state === "turned_away";
    if (ref && (await makeDue(liveTable(), ref, Date.now(), early))) await queues.wake(ref);
    for (const letter of letters) await queues.remove(letter);
  }
  const missing = ids.filter((id) => !meant.some(({ row }) => row.id === id));
  if (missing.length > 0) {
    throw new StartError(`Nothing is stuck with the id ${missing.join(", ")}.`);
  }
  return meant.map(({ row }) => row);
}
