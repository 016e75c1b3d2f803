import { hashApiKey } from "#shared/auth/api-key";
import { encodeCursor } from "#shared/http/cursor";
import { keys } from "#shared/table/keys";
import type { TestPlatform } from "./test-platform.ts";

/** A cursor of a list (team, operation, path, filters) with any position, signed as only the platform can. */
export async function signCursor(
  platform: TestPlatform,
  apiKey: string,
  list: readonly unknown[],
  position: string,
): Promise<string> {
  const credential = await platform.table.get(keys.credential(hashApiKey(apiKey)));
  return encodeCursor(
    { key: String(credential?.["cursor_key"]), list: JSON.stringify(list) },
    position,
  );
}
