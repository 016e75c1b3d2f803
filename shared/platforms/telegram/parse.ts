import {
  type Fields,
  fieldsOf,
  isFields,
  jsonIn,
  textIn,
  wordsIn,
} from "../../schema/json-fields.ts";
import type { Account, HookRequest } from "../adapter.ts";
import type {
  ChatMoved,
  InboundEvent,
  Parsed,
  PlatformUser,
  QuotedMessage,
} from "../inbound-event.ts";
import { joined, quotedMessage } from "../inbound-parts.ts";
import { contentOf } from "./content.ts";
import type { TelegramAddress } from "./send.ts";

/** Reads an update. Only those with a message say something; a call brings one. */
export function parseUpdate(
  { body }: HookRequest,
  { account }: { readonly account: Account | null },
): Parsed {
  const { message } = fieldsOf(jsonIn(body));
  return { events: isFields(message) ? eventsOf(message, account) : [] };
}

function eventsOf(message: Fields, account: Account | null): readonly InboundEvent[] {
  const { chat: inChat, message_id, date } = message;
  const chat = fieldsOf(inChat);
  const chat_id = idIn(chat["id"]);
  if (chat_id === undefined) return [];
  const moved = movedChat(message, chat_id);
  if (moved) return [moved];
  const user = senderOf(message);
  const id = idIn(message_id);
  // A message without an id of its own cannot be answered, and is not told from the next.
  if (!user || id === undefined || id === "0") return [];
  const said = contentOf(message, account);
  if (!said) return [];
  const { replied, quoted } = replyOf(message, account);
  const thread_id =
    message["is_topic_message"] === true ? idIn(message["message_thread_id"]) : undefined;
  const direct_topic_id = idIn(fieldsOf(message["direct_messages_topic"])["topic_id"]);
  const address: TelegramAddress = {
    chat_id: Number(chat_id),
    message_id: Number(id),
    ...(thread_id !== undefined && { thread_id: Number(thread_id) }),
    ...(direct_topic_id !== undefined && { direct_topic_id: Number(direct_topic_id) }),
  };
  // Outside of supergroups each bot counts for itself: the next bot of a channel begins anew.
  const of = chat["type"] === "supergroup" || !account ? "" : `${account.id}:`;
  return [
    {
      kind: "message",
      identity: `${of}${chat_id}:${id}`,
      message_id: id,
      sent_at: Number(date) * 1_000 || 0,
      handling: said.is_kept ? "keep" : "answer",
      user,
      chat_id,
      // What several people write to a channel is never one thread.
      thread_id: thread_id ?? direct_topic_id ?? null,
      is_direct: chat["type"] === "private",
      mentions_bot: said.mentions_bot,
      replies_to_bot: replied,
      content: said.content,
      album_id: wordsIn(message["media_group_id"]) ?? null,
      metadata: quoted ? { reply_to: quoted } : {},
      address: { ...address },
    },
  ];
}

/** Ids have up to 52 bits, so that they come whole. */
const idIn = (value: unknown) => (Number.isSafeInteger(value) ? String(value) : undefined);

/** A group that became a supergroup says so twice: in the old chat and in the new one. */
function movedChat(
  { migrate_to_chat_id, migrate_from_chat_id }: Fields,
  chat_id: string,
): ChatMoved | undefined {
  const [to, from] = [idIn(migrate_to_chat_id), idIn(migrate_from_chat_id)];
  if (to !== undefined) return { kind: "chat_moved", from_chat_id: chat_id, to_chat_id: to };
  if (from !== undefined) return { kind: "chat_moved", from_chat_id: from, to_chat_id: chat_id };
  return undefined;
}

/** Who said it; undefined for bots, and for what Telegram forwards by itself. */
function senderOf({ from, sender_chat, is_automatic_forward }: Fields): PlatformUser | undefined {
  if (is_automatic_forward === true) return undefined;
  // An anonymous admin, or a channel's name: the user beside it is a stand-in, and a bot.
  if (isFields(sender_chat)) return userOf(sender_chat, textIn(sender_chat["title"]));
  const { is_bot, first_name, last_name } = fieldsOf(from);
  if (is_bot === true) return undefined;
  return userOf(fieldsOf(from), joined([first_name, last_name]));
}

function userOf(
  { id: given, username }: Fields,
  name: string | undefined,
): PlatformUser | undefined {
  const id = idIn(given);
  return id === undefined
    ? undefined
    : { id, name: name || null, username: wordsIn(username) ?? null, also: [] };
}

/** What a message replies to. In a topic every message "replies" to the one that opened it, which nobody meant. */
function replyOf(
  message: Fields,
  account: Account | null,
): { readonly replied: boolean; readonly quoted?: QuotedMessage } {
  const { reply_to_message, external_reply, quote, message_thread_id, is_topic_message } = message;
  const words = textIn(fieldsOf(quote)["text"]);
  const original = fieldsOf(reply_to_message);
  const id = idIn(original["message_id"]);
  if (id !== undefined) {
    if (is_topic_message === true && original["message_id"] === message_thread_id) {
      return { replied: false };
    }
    const from_bot = account !== null && idIn(fieldsOf(original["from"])["id"]) === account.user_id;
    const text = words ?? textIn(original["text"]) ?? textIn(original["caption"]) ?? "";
    return { replied: from_bot, quoted: quotedMessage(id, from_bot, text) };
  }
  // Only those of supergroups and channels are named.
  const elsewhere = idIn(fieldsOf(external_reply)["message_id"]) ?? "";
  return {
    replied: false,
    ...(words !== undefined && { quoted: quotedMessage(elsewhere, false, words) }),
  };
}
