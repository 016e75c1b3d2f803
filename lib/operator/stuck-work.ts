import { loadWorkers } from "#lib/manifest";
import type { QueueName } from "#shared/runtime/grants";
import { liveTable } from "#shared/table/live-table";
import { findStuckWork, makeDue, type StuckState } from "#shared/work/stuck-work";
import { workIdOf, type WorkKind, type WorkRef } from "#shared/work/work-kinds";
import type { AwsPlace } from "../local/aws-place.ts";
import { StartError } from "../local/start-error.ts";
import { createOperatorQueues, type DeadLetter, type OperatorQueues } from "./dead-letters.ts";

/** One piece of work that does not go on. */
export interface Row {
  readonly kind: WorkKind | "unknown";
  readonly id: string;
  readonly team_id: string;
  readonly state: StuckState | "dead_letter";
  readonly since: string;
  readonly claims: number;
  readonly dead_letters: number;
}

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

/** What is stuck at a place, or in this machine's data folder. */
export async function list(place: AwsPlace | undefined): Promise<readonly Row[]> {
  const queues = createOperatorQueues(place);
  const found = await find(queues);
  for (const letter of found.flatMap(({ letters }) => letters)) await queues.putBack(letter);
  return found.map(({ row }) => row);
}

/**
 * Wakes work that is unfinished and not being done, and removes its dead letters; all of it, or what has these ids.
 * Returns the rows of that work. Throws a StartError when nothing has one of the ids.
 */
export async function retry(
  place: AwsPlace | undefined,
  ids: readonly string[],
): Promise<readonly Row[]> {
  const queues = createOperatorQueues(place);
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
