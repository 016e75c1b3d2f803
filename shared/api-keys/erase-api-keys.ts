import type { Id } from "../runtime/ids.ts";
import type { Table } from "../table/table.ts";
import type { Progress } from "../work/slice.ts";
import { createApiKeyStore } from "./api-key-store.ts";

/** Erases what admits requests of a team's keys. The rows that lists show, by which it is found, go with the team. */
export async function eraseCredentials(
  { table }: { readonly table: Table },
  { team_id }: { readonly team_id: Id<"team"> },
): Promise<Progress> {
  await createApiKeyStore(table).deleteCredentials(team_id);
  return "done";
}
