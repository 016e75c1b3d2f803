import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { keys } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import type { AgentLoop, SealedHeaders, StoredAgentLoop } from "./agent-loop.ts";
import { asCounter } from "./execution-counter.ts";
import type { Schedule } from "./schedule-config.ts";
import { asSchedule } from "./schedule-items.ts";

/** The dates of a loop, which are kept beside its row. */
export type LoopDates = Pick<AgentLoop, "next_run_at" | "last_execution_at">;

/** The state of a loop that has neither a schedule nor an execution. */
export const noDates: LoopDates = { next_run_at: null, last_execution_at: null };

const masks = (headers: SealedHeaders) =>
  Object.fromEntries(Object.entries(headers).map(([name, { mask }]) => [name, mask]));

/** What the API shows of a loop. */
export const shownAgentLoop = (loop: StoredAgentLoop, dates: LoopDates): AgentLoop => ({
  id: loop.id,
  name: loop.name,
  description: loop.description,
  status: loop.status,
  system_prompt: loop.system_prompt,
  user_message: loop.user_message,
  model: {
    ...loop.model,
    api_key: loop.model.api_key?.mask ?? null,
    headers: masks(loop.model.headers),
  },
  tools: loop.tools.map((tool) =>
    tool.type === "mcp"
      ? {
          ...tool,
          headers: masks(tool.headers),
          allowed_tools: tool.allowed_tools && [...tool.allowed_tools],
        }
      : tool,
  ),
  callback: loop.callback && { url: loop.callback.url, headers: masks(loop.callback.headers) },
  max_iterations: loop.max_iterations,
  timeout_seconds: loop.timeout_seconds,
  token_budget: loop.token_budget,
  schedule: loop.schedule && shownSchedule(loop.schedule),
  ...dates,
  created_at: loop.created_at,
  updated_at: loop.updated_at,
});

const shownSchedule = (schedule: Schedule) =>
  "cron" in schedule
    ? { kind: "cron" as const, ...schedule }
    : { kind: "interval" as const, ...schedule };

/** Reads the dates of loops, in their order, in one batch. */
export async function readLoopDates(
  table: Table,
  teamId: Id<"team">,
  loops: readonly Pick<StoredAgentLoop, "id">[],
): Promise<LoopDates[]> {
  const rows = await table.batchGet(
    loops.flatMap(({ id }) => [keys.schedule(teamId, id), keys.executionCounter(teamId, id)]),
  );
  return loops.map((_, index) => {
    const schedule = asSchedule(rows[2 * index]);
    const counter = asCounter(rows[2 * index + 1]);
    return {
      next_run_at: schedule ? isoTime(schedule.next_run_at) : null,
      last_execution_at: counter?.last_created_at ?? null,
    };
  });
}
