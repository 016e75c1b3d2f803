import type { Id } from "../runtime/ids.ts";
import { type Page, pageOf, type PageRequest } from "../table/page.ts";
import type { ApiKey } from "./api-key.ts";
import { type ApiKeyStore, shownApiKey } from "./api-key-store.ts";

/** A team's API keys, newest first. The last use is read of those that are shown. */
export async function listApiKeys(
  { apiKeys }: { readonly apiKeys: ApiKeyStore },
  teamId: Id<"team">,
  page: PageRequest,
): Promise<Page<ApiKey>> {
  const { rows, ...rest } = pageOf(await apiKeys.list(teamId), page, ({ id }) => id);
  const credentials = await apiKeys.credentialsOf(rows);
  return { ...rest, rows: rows.map((apiKey) => shownApiKey(apiKey, credentials)) };
}
