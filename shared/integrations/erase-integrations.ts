import type { Id } from "../runtime/ids.ts";
import { keys } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import type { Progress } from "../work/slice.ts";
import { createIntegrationStore } from "./integration-store.ts";

/** Erases the integrations of a bot. */
export async function eraseIntegrationsOfBot(
  { table }: { readonly table: Table },
  { team_id, bot_id }: { readonly team_id: Id<"team">; readonly bot_id: Id<"bot"> },
): Promise<Progress> {
  const integrations = await createIntegrationStore(table).list(team_id, bot_id);
  await table.deleteAll(integrations.map(({ id }) => keys.integrationAddress(team_id, id)));
  await table.deleteAll(integrations.map(({ id }) => keys.integration(team_id, bot_id, id)));
  return "done";
}
