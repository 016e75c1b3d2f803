import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { equals } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import { asMessage } from "./conversation-store.ts";
import {
  type AwaitedFile,
  isErased,
  type StoredContent,
  type StoredMessage,
  type StoredPart,
} from "./message.ts";

/** Another may settle a file of the same message, or add one, in between: more often than that nobody does. */
const mostTries = 100;

/**
 * Writes into a message what became of one of its files, once: the part that it stands for is this one from now on. Gives
 * the message as it is then; undefined when it was erased.
 */
export async function settleFile(
  { table, clock }: { readonly table: Table; readonly clock: () => number },
  teamId: Id<"team">,
  message: StoredMessage,
  { part, becomes }: Pick<AwaitedFile, "part"> & { readonly becomes: StoredPart },
): Promise<StoredMessage | undefined> {
  const key = keys.message(teamId, message.conversation_id, message.number);
  let known = message;
  for (let tries = 0; tries < mostTries; tries++) {
    const { files = [], content } = known;
    if (!files.some((file) => file.part === part)) return known;
    const left = files.filter((file) => file.part !== part);
    const set = { content: withPart(content, part, becomes), updated_at: isoTime(clock()) };
    const change = left.length > 0 ? { set: { ...set, files: left } } : { set, remove: ["files"] };
    // Erasing takes the files.
    const { applied, item } = await table.update(key, change, equals("files", files));
    if (!item) return undefined;
    known = asMessage(item);
    if (isErased(known)) return undefined;
    if (applied) return known;
  }
  throw new Error(`The message ${message.id} is being changed all the time.`);
}

/** The content with another part in this place; a text alone is the first part. */
function withPart(content: StoredContent, place: number, part: StoredPart): StoredContent {
  const parts: readonly StoredPart[] =
    typeof content === "string" ? [{ type: "text", text: content }] : content;
  const next = parts.with(place, part);
  const [only] = next;
  return next.length === 1 && only?.type === "text" ? only.text : next;
}
