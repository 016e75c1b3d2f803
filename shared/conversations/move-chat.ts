import type { ChatMoved } from "../platforms/inbound-event.ts";
import type { Id } from "../runtime/ids.ts";
import type { Table } from "../table/table.ts";
import { firstIdOf, joinIds } from "./aliases.ts";

interface OfChannel {
  readonly team_id: Id<"team">;
  readonly channel_id: Id<"ch">;
}

/** Has a chat go on under another id, with all its conversations. Harmless to repeat. */
export async function moveChat(
  table: Table,
  { team_id, channel_id }: OfChannel,
  { from_chat_id, to_chat_id }: ChatMoved,
  now: number,
): Promise<void> {
  await joinIds(table, { team_id, channel_id, kind: "chat" }, [from_chat_id, to_chat_id], now);
}

/** The id under which the conversations of a chat are found; undefined for one that has not moved. */
export async function chatBeforeMove(
  table: Table,
  { team_id, channel_id }: OfChannel,
  chatId: string,
): Promise<string | undefined> {
  const first = await firstIdOf(table, { team_id, channel_id, kind: "chat" }, chatId);
  return first === chatId ? undefined : first;
}
