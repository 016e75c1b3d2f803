import type { Id } from "../runtime/ids.ts";
import type { Table } from "../table/table.ts";
import type { Progress, Slice } from "../work/slice.ts";
import { createIntegrationStore } from "./integration-store.ts";

/** Erases the integrations of a bot. */
export async function eraseIntegrationsOfBot(
  { table }: { readonly table: Table },
  { team_id, bot_id }: { readonly team_id: Id<"team">; readonly bot_id: Id<"bot"> },
  slice: Slice,
): Promise<Progress> {
  const integrations = createIntegrationStore(table);
  for (const integration of await integrations.list(team_id, bot_id)) {
    if (slice.isOver()) return "out_of_time";
    await integrations.remove(team_id, integration);
  }
  return "done";
}
