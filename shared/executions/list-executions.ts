import type { AgentLoopStore } from "../agent-loops/agent-loop-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import { numberAt, type NumberRange, numbersOfTime } from "../table/dense-numbers.ts";
import { executionListSk, idAtEnd, keys, lists } from "../table/keys.ts";
import type { Page, PageRequest } from "../table/page.ts";
import type { Item, Table } from "../table/table.ts";
import type { Execution, ExecutionStatus, Trigger } from "./execution.ts";
import { asExecution, asExecutionText } from "./execution-items.ts";
import type { ExecutionStore } from "./execution-store.ts";
import { shownExecution } from "./shown-execution.ts";
import { readWaits } from "./waiting.ts";

/** Which executions are asked for. */
export interface ExecutionFilter {
  readonly status?: ExecutionStatus | undefined;
  readonly trigger?: Trigger | undefined;
  readonly created_after?: string | undefined;
  readonly created_before?: string | undefined;
}

const mostExamined = 10_000;
const longestText = 8 * 1024;

/** A loop's executions, newest first: numbers are dense, so any page without a filter is a range of them. */
export async function listExecutions(
  deps: ListExecutionsDeps,
  teamId: Id<"team">,
  loopId: Id<"loop">,
  filter: ExecutionFilter,
  page: PageRequest,
  now: number,
): Promise<Page<Execution>> {
  const [loop, counter] = await Promise.all([
    deps.loops.find(teamId, loopId),
    deps.executions.counter(teamId, loopId),
  ]);
  if (!loop || !counter) throw notFound();
  const list = { ...deps, teamId, loopId, now };
  const range = await numbersOfTime(
    counter.last_number,
    { after: filter.created_after, before: filter.created_before },
    async (number) => {
      const [row] = await listRows(list, { from: number, to: number });
      return row && createdAt(row);
    },
  );
  const isFiltered = filter.status !== undefined || filter.trigger !== undefined;
  return isFiltered ? filtered(list, range, filter, page) : numbered(list, range, page);
}

export interface ListExecutionsDeps {
  readonly table: Table;
  readonly loops: AgentLoopStore;
  readonly executions: ExecutionStore;
}

/** The executions of a loop, as they stand now. */
interface LoopList extends ListExecutionsDeps {
  readonly teamId: Id<"team">;
  readonly loopId: Id<"loop">;
  readonly now: number;
}

const listRows = async ({ table, teamId, loopId }: LoopList, { from, to }: NumberRange) =>
  to < from
    ? []
    : table.queryAll({
        pk: lists.executions(teamId, loopId),
        index: "listed",
        where: { between: [executionListSk(Math.max(0, from)), executionListSk(to)] },
        descending: true,
      });

/** Projected by the index, as `queue` wrote it. */
const createdAt = (row: Item) => row["created_at"] as string;

const numberOf = (row: Item) => Number(row["list_sk"]);

async function shown(
  { table, teamId, now }: LoopList,
  rows: readonly Item[],
): Promise<Execution[]> {
  const ids = rows.map(({ pk }) => idAtEnd<"exec">(pk));
  const found = await table.batchGet(
    ids.flatMap((id) => [keys.execution(teamId, id), keys.executionText(teamId, id)]),
  );
  const whole = ids.flatMap((_, index) => {
    const head = asExecution(found[2 * index]);
    const text = found[2 * index + 1];
    return head && text ? [{ head, text: asExecutionText(text) }] : [];
  });
  const heads = whole.map(({ head }) => head);
  const waits = await readWaits(table, teamId, heads, now);
  return whole.map(({ head, text }, index) =>
    shownExecution(head, text, waits[index], longestText),
  );
}

async function numbered(
  list: LoopList,
  range: NumberRange,
  { per_page, page, after }: PageRequest,
): Promise<Page<Execution>> {
  const top =
    after === undefined
      ? range.to - (page - 1) * per_page
      : Math.min(range.to, numberAt(after) - 1);
  const wanted = { from: Math.max(range.from, top - per_page + 1), to: top };
  const rows = await listRows(list, wanted);
  return {
    rows: await shown(list, rows),
    total: Math.max(0, range.to - range.from + 1),
    next: wanted.from > range.from && wanted.to >= wanted.from ? String(wanted.from) : undefined,
  };
}

/** The rows of a filter, as many as may be examined at once; a cursor goes on where they end. */
async function filtered(
  list: LoopList,
  range: NumberRange,
  { status, trigger }: ExecutionFilter,
  { per_page, page, after }: PageRequest,
): Promise<Page<Execution>> {
  const skip = after === undefined ? (page - 1) * per_page : 0;
  const examinedTo = (to: number) => ({ from: Math.max(range.from, to - mostExamined + 1), to });
  const matchesOf = async (examined: NumberRange) =>
    (await listRows(list, examined)).filter(
      (row) =>
        (status === undefined || row["status"] === status) &&
        (trigger === undefined || row["trigger"] === trigger),
    );
  const newest = examinedTo(range.to);
  const all = await matchesOf(newest);
  const examined =
    after === undefined ? newest : examinedTo(Math.min(range.to, numberAt(after) - 1));
  const rest = after === undefined ? all : await matchesOf(examined);
  const rows = rest.slice(skip, skip + per_page);
  const last = rows.at(-1);
  const hasMore = rest.length > skip + per_page;
  const next = hasMore && last ? numberOf(last) : examined.from;
  return {
    rows: await shown(list, rows),
    total: all.length,
    total_is_exact: newest.from === range.from,
    next: hasMore || examined.from > range.from ? String(next) : undefined,
  };
}
