import type { Id } from "../runtime/ids.ts";
import { hasName, matches } from "../schema/matches.ts";
import { type Page, pageOf, type PageRequest } from "../table/page.ts";
import type { Table } from "../table/table.ts";
import type { AgentLoop } from "./agent-loop.ts";
import type { AgentLoopStore } from "./agent-loop-store.ts";
import { noDates, readLoopDates, shownAgentLoop } from "./shown-agent-loop.ts";

/** Which loops are asked for. */
export interface AgentLoopFilter {
  readonly status?: AgentLoop["status"] | undefined;
  /** A part of the name. */
  readonly name?: string | undefined;
}

/** A team's agent loops, newest first. Dates are read of those that are shown. */
export async function listAgentLoops(
  { table, loops }: ListAgentLoopsDeps,
  teamId: Id<"team">,
  { name, ...filter }: AgentLoopFilter,
  page: PageRequest,
): Promise<Page<AgentLoop>> {
  const found = await loops.list(teamId);
  const wanted = found.filter((loop) => matches(loop, filter) && hasName(loop, name));
  const { rows, ...rest } = pageOf(wanted, page, ({ id }) => id);
  const dates = await readLoopDates(table, teamId, rows);
  return {
    ...rest,
    rows: rows.map((loop, index) => shownAgentLoop(loop, dates[index] ?? noDates)),
  };
}

export interface ListAgentLoopsDeps {
  readonly table: Table;
  readonly loops: AgentLoopStore;
}
