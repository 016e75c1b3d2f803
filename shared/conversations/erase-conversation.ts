import { eraseFiles, type EraseFilesDeps } from "../files/erase-files.ts";
import type { Id } from "../runtime/ids.ts";
import { equals, exists } from "../table/condition.ts";
import { type Key, keys, namedIn, prefixes, under } from "../table/keys.ts";
import type { Progress, Slice } from "../work/slice.ts";
import { asMessage } from "./conversation-store.ts";
import { eraseTold } from "./erase-told.ts";
import { isWaiting, leftParts } from "./reply-parts.ts";

/** Which conversation is erased. */
interface Erased {
  readonly team_id: Id<"team">;
  readonly bot_id: Id<"bot">;
  readonly conversation_id: Id<"conv">;
  /** The row of a user that the caller deletes, when this is done. */
  readonly kept?: Key;
}

/**
 * Erases a conversation: nothing can be added once its head says so; files, messages, after what endpoints are told of them, and
 * the rows of its users next, the head last, so that a repeat finds what is left. Messages that nobody has answered are counted.
 */
export async function eraseConversation(
  deps: EraseFilesDeps,
  { team_id, bot_id, conversation_id, kept }: Erased,
  slice: Slice,
): Promise<Progress> {
  const { table } = deps;
  const headKey = keys.conversation(team_id, conversation_id);
  const marked = await table.update(headKey, { set: { erasing: true } }, exists("pk"));
  const head = marked.item;
  if (!head) return "done";
  const platform = String(head["platform"]);
  const keyKey = keys.conversationKey(
    team_id,
    namedIn(head).channel_id,
    String(head["key_sha256"]),
  );
  await table.delete(keyKey, equals("conversation_id", conversation_id));
  const files = await eraseFiles(deps, { team_id, conversation_id }, slice);
  if (files === "out_of_time") return files;
  for await (const items of table.queryPages({
    ...under(prefixes.messages(team_id, conversation_id)),
    limit: 100,
  })) {
    if (slice.isOver()) return "out_of_time";
    const messages = items.map(asMessage);
    await eraseTold(table, team_id, messages);
    for (const message of messages.filter(isWaiting)) {
      if (slice.isOver()) return "out_of_time";
      await table.transact(leftParts(team_id, message));
    }
    const users = new Set(messages.flatMap(({ user }) => user?.id ?? []));
    const userRows = [...users].map((userId): Key =>
      keys.userConversation(team_id, bot_id, platform, userId, conversation_id),
    );
    await table.deleteAll([...userRows.filter(({ pk: user }) => user !== kept?.pk), ...items]);
  }
  await table.deleteAll([keys.conversationWork(team_id, conversation_id)]);
  await table.deleteAll([headKey]);
  return "done";
}
