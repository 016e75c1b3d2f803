import { asCounter, type ExecutionCounter } from "../agent-loops/execution-counter.ts";
import { hearsEveryone } from "../runtime/announce.ts";
import type { Id } from "../runtime/ids.ts";
import { all, either, equals, exists, missing } from "../table/condition.ts";
import { executionListSk, type Key, keys, lists, prefixes, stepSk, under } from "../table/keys.ts";
import { memoryByTable } from "../table/memory-by-table.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Parts, Table } from "../table/table.ts";
import type { Lease } from "../work/lease.ts";
import { arm } from "../work/work-item.ts";
import type { ExecutionText, StoredExecution, Usage } from "./execution.ts";
import {
  asExecution,
  asExecutionText,
  asStep,
  isLogEnd,
  outputStepOf,
  stepAttributes,
  textAttributes,
} from "./execution-items.ts";
import type { NewExecution } from "./new-execution.ts";
import type { StoredStep, StoredToolStep } from "./step.ts";
import { usageOf } from "./transcript.ts";

/**
 * What keeping a new execution came to; `was_queued` is success too: an earlier try has kept it. `refused` is what joined
 * the transaction.
 */
export type Queued = "queued" | "was_queued" | "loop_gone" | "loop_paused" | "refused";

/** Executions and their logs, of one team at a time. */
export interface ExecutionStore {
  counter(teamId: Id<"team">, loopId: Id<"loop">): Promise<ExecutionCounter | undefined>;
  /** The counter as `queue` needs it: where nobody else moves it, as this process has last seen it. */
  counterToMove(teamId: Id<"team">, loopId: Id<"loop">): Promise<ExecutionCounter | undefined>;
  /** Puts an execution with its work, numbered next. `withIt` joins the transaction; a `counter` that was just read is not read again. */
  queue(
    teamId: Id<"team">,
    made: NewExecution,
    now: number,
    given?: { readonly withIt?: Parts; readonly counter?: ExecutionCounter | undefined },
  ): Promise<Queued>;
  head(teamId: Id<"team">, id: Id<"exec">): Promise<StoredExecution | undefined>;
  find(
    teamId: Id<"team">,
    id: Id<"exec">,
  ): Promise<{ head: StoredExecution; text: ExecutionText } | undefined>;
  steps(teamId: Id<"team">, id: Id<"exec">, from?: number, to?: number): Promise<StoredStep[]>;
  /** How many steps are stored: the number of the last. */
  stepCount(teamId: Id<"team">, id: Id<"exec">): Promise<number>;
  /** How many steps are stored and what they have used, without reading their texts. */
  used(teamId: Id<"team">, id: Id<"exec">): Promise<{ steps: number; usage: Usage }>;
  /** Marks the first claim; false when the execution is not queued any more. */
  begin(teamId: Id<"team">, id: Id<"exec">, at: string): Promise<boolean>;
  /** Appends a step under its number: `taken` when another has that number, `ended` when none may follow. */
  append(
    teamId: Id<"team">,
    executionId: Id<"exec">,
    step: StoredStep,
  ): Promise<"appended" | "taken" | "ended">;
  /** Completes a step that was started: `taken` when another has completed it. */
  complete(
    teamId: Id<"team">,
    executionId: Id<"exec">,
    step: StoredToolStep,
  ): Promise<"completed" | "taken">;
  /** A step was stored: claims count anew. */
  progress(lease: Lease): Promise<void>;
}

/** What this process has last seen of the counters that it moves. */
const counters = memoryByTable<string, ExecutionCounter>(10_000);

/** Executions over the table. */
export const createExecutionStore = (table: Table): ExecutionStore => ({
  counter: async (teamId, loopId) =>
    asCounter(await table.get(keys.executionCounter(teamId, loopId))),

  counterToMove: (teamId, loopId) => counterToMove(table, keys.executionCounter(teamId, loopId)),

  queue: async (teamId, { execution, text }, now, given = {}) => {
    const { withIt = {} } = given;
    const { id, agent_loop_id } = execution;
    const counterKey = keys.executionCounter(teamId, agent_loop_id);
    const work = keys.executionWork(teamId, id);
    let counter = given.counter ?? (await counterToMove(table, counterKey));
    return overChanges(["loop", agent_loop_id], async (isOld) => {
      if (isOld) counter = await counterToMove(table, counterKey);
      if (!counter) return "loop_gone";
      const number = counter.last_number + 1;
      // Never earlier than the one before, so that times ascend with the numbers.
      const at =
        counter.last_created_at && counter.last_created_at > execution.created_at
          ? counter.last_created_at
          : execution.created_at;
      const head: StoredExecution = { ...execution, number, created_at: at };
      const moved = { last_number: number, last_created_at: at, last_execution_id: id };
      const own = {
        counter: {
          update: counterKey,
          change: { set: moved },
          condition: equals("last_number", counter.last_number),
        },
        execution: {
          putIfAbsent: {
            ...keys.execution(teamId, id),
            ...head,
            list_pk: lists.executions(teamId, agent_loop_id),
            list_sk: executionListSk(number),
          },
        },
        text: { putIfAbsent: { ...keys.executionText(teamId, id), ...textAttributes(text) } },
        work: {
          putIfAbsent: {
            ...work,
            agent_loop_id,
            claims: 0,
            sweeps: 0,
            ...arm(work, now, now),
          },
        },
        loop: {
          check: keys.agentLoop(teamId, agent_loop_id),
          condition: all(exists("pk"), missing("deleted_at"), equals("status", "active")),
        },
      };
      const outcome = await table.transactOnce(own, withIt);
      if (outcome.applied) {
        counters(table).set(counterKey.pk, moved);
        return "queued";
      }
      const { failed } = outcome;
      counter = asCounter(failed.counter?.item);
      if (counter) counters(table).set(counterKey.pk, counter);
      // Its id is this request's own: an earlier try of the same request put it.
      if (failed.execution) return "was_queued";
      if (failed.loop) {
        const loop = failed.loop.item;
        return loop && loop["deleted_at"] === undefined ? "loop_paused" : "loop_gone";
      }
      if (Object.keys(failed).some((name) => !(name in own))) return "refused";
      return undefined;
    });
  },

  head: async (teamId, id) => asExecution(await table.get(keys.execution(teamId, id))),

  find: async (teamId, id) => {
    const [headRow, textRow] = await table.batchGet([
      keys.execution(teamId, id),
      keys.executionText(teamId, id),
    ]);
    const head = asExecution(headRow);
    if (!head || !textRow) return undefined;
    const text = asExecutionText(textRow);
    const outputStep = outputStepOf(textRow);
    if (outputStep === undefined) return { head, text };
    const row = await table.get(keys.step(teamId, id, outputStep));
    const step = row && asStep(row);
    return { head, text: step?.kind === "model" ? { ...text, output: step.text } : text };
  },

  steps: (teamId, id, from, to) => stepsOf(table, teamId, id, from, to),

  stepCount: async (teamId, id) => (await lastStep(table, teamId, id)).number,

  used: async (teamId, id) => {
    const { number, row } = await lastStep(table, teamId, id);
    // As `stepAttributes` wrote it.
    const used = row?.["used"] as Usage | undefined;
    // Steps of before that field are counted.
    return { steps: number, usage: used ?? usageOf(row ? await stepsOf(table, teamId, id) : []) };
  },

  begin: async (teamId, id, at) => {
    const outcome = await table.update(
      keys.execution(teamId, id),
      { set: { status: "running", started_at: at, updated_at: at } },
      either(
        equals("status", "queued"),
        all(equals("status", "running"), equals("started_at", at)),
      ),
    );
    return outcome.applied;
  },

  append: async (teamId, executionId, step) => {
    const { number, writer } = step;
    const item = { ...keys.step(teamId, executionId, number), ...stepAttributes(step) };
    const outcome = await table.putIfAbsent(item);
    if (outcome.applied) return "appended";
    if (outcome.item && isLogEnd(outcome.item)) return "ended";
    return outcome.item && asStep(outcome.item).writer === writer ? "appended" : "taken";
  },

  complete: async (teamId, executionId, step) => {
    const key = keys.step(teamId, executionId, step.number);
    const item = { ...key, ...stepAttributes(step) };
    const outcome = await table.put(item, equals("status", "started"));
    if (outcome.applied) return "completed";
    const before = outcome.item && asStep(outcome.item);
    return before?.kind === "tool" && before.writer === step.writer && before.status === "finished"
      ? "completed"
      : "taken";
  },

  progress: async ({ key, token }) => {
    await table.update(key, { set: { claims: 0 } }, equals("lease_token", token));
  },
});

async function counterToMove(table: Table, key: Key): Promise<ExecutionCounter | undefined> {
  // Should it be another now, the write that follows is refused and tells.
  const seen = hearsEveryone() ? counters(table).get(key.pk) : undefined;
  return seen ?? asCounter(await table.get(key));
}

async function stepsOf(
  table: Table,
  teamId: Id<"team">,
  id: Id<"exec">,
  from = 1,
  to = 999_999,
): Promise<StoredStep[]> {
  if (to < from) return [];
  const { pk } = prefixes.steps(teamId, id);
  const rows = await table.queryAll({ pk, where: { between: [stepSk(from), stepSk(to)] } });
  return rows.filter((row) => !isLogEnd(row)).map(asStep);
}

/** The last step, and its number; without its row when the log is ended. */
async function lastStep(table: Table, teamId: Id<"team">, id: Id<"exec">) {
  const steps = prefixes.steps(teamId, id);
  const { items } = await table.query({ ...under(steps), descending: true, limit: 1 });
  const [last] = items;
  if (!last) return { number: 0, row: undefined };
  const number = Number(last.sk.slice(steps.prefix.length));
  return isLogEnd(last) ? { number: number - 1, row: undefined } : { number, row: last };
}
