import type { Id } from "#shared/runtime/ids";
import type { TestPlatform } from "./test-platform.ts";

/** Counts the single writes to a channel's row while something runs. */
export async function channelWrites(
  platform: TestPlatform,
  id: Id<"ch">,
  run: () => Promise<unknown>,
): Promise<number> {
  let writes = 0;
  platform.faults = ({ operation, input }) => {
    if (operation === "UpdateItem" && JSON.stringify(input).includes(`"CHANNEL#${id}"`)) writes++;
    return undefined;
  };
  await run();
  platform.faults = undefined;
  return writes;
}
