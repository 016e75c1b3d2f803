import { BoundedMap } from "../../runtime/bounded-map.ts";
import type { Attachment } from "../../schema/content.ts";
import { fieldsOf } from "../../schema/json-fields.ts";
import type { AdapterDeps } from "../adapter.ts";
import { type Done, refused } from "../failure.ts";
import type { Address, ChatMoved } from "../inbound-event.ts";
import type { Outgoing, Piece, Sent } from "../outgoing.ts";
import { botIdOf, callTelegram, type TelegramCredentials } from "./call-telegram.ts";
import type { TelegramFailure } from "./classify.ts";
import { richMarkdown } from "./rich-markdown.ts";

/** Where an answer goes. */
export interface TelegramAddress {
  readonly chat_id: number;
  /** The message that is answered. */
  readonly message_id?: number;
  /** Of a topic. */
  readonly thread_id?: number;
  /** Of somebody who writes to a channel, in the chat where its direct messages come together. */
  readonly direct_topic_id?: number;
}

/** Reads an address that this adapter wrote. */
const telegramAddress = (address: Address) =>
  // All of it is numbers, by the names that were written.
  Object.fromEntries(
    Object.entries(address).map(([name, value]) => [name, Number(value)]),
  ) as object as TelegramAddress;

/** Each of a migrated chat, a lost topic and a lost message can happen to one call. */
const mostTries = 4;

/** Sends one piece; a refused call that says what to change is made again with that. */
export async function sendPiece(
  deps: AdapterDeps,
  credentials: TelegramCredentials,
  { piece, address: given }: Outgoing,
): Promise<Sent> {
  const known = telegramAddress(given);
  let address = known;
  for (let tries = 1; ; tries += 1) {
    const sent = await sendOnce(deps, credentials, piece, address);
    if (sent.ok) {
      const { message_id } = fieldsOf(sent.result);
      const id = typeof message_id === "number" && message_id > 0 ? String(message_id) : null;
      const moved = movedBetween(known, address);
      return {
        ok: true,
        id,
        ...(address !== known && { address: { ...address } }),
        ...(moved && { moved }),
      };
    }
    const mended = mend(address, sent);
    if (!mended || tries === mostTries) return sent;
    address = mended;
  }
}

/** The address with which a refused call would succeed, if it is another. */
function mend(address: TelegramAddress, { mend: by }: TelegramFailure) {
  if (by === undefined) return undefined;
  if (typeof by === "object") return { ...address, ...by };
  const lost = by === "without_thread" ? "thread_id" : "message_id";
  const { [lost]: had, ...rest } = address;
  return had === undefined ? undefined : rest;
}

function movedBetween(from: TelegramAddress, to: TelegramAddress): ChatMoved | undefined {
  return from.chat_id === to.chat_id
    ? undefined
    : { kind: "chat_moved", from_chat_id: String(from.chat_id), to_chat_id: String(to.chat_id) };
}

function sendOnce(
  deps: AdapterDeps,
  credentials: TelegramCredentials,
  piece: Piece,
  address: TelegramAddress,
) {
  const place = placeOf(address, piece.is_first);
  if (piece.type === "attachment") return sendFile(deps, credentials, piece.attachment, place);
  if (piece.form === "marked") return sendRich(deps, credentials, piece.text, place);
  const link_preview_options = { is_disabled: true };
  return callTelegram(deps, credentials, "sendMessage", {
    ...place,
    text: piece.text,
    link_preview_options,
  });
}

const placeOf = (
  { chat_id, message_id, thread_id, direct_topic_id }: TelegramAddress,
  mayQuote: boolean,
) => ({
  chat_id,
  message_thread_id: thread_id,
  direct_messages_topic_id: direct_topic_id,
  ...(mayQuote &&
    message_id !== undefined && {
      reply_parameters: { message_id, allow_sending_without_reply: true },
    }),
});

type Place = ReturnType<typeof placeOf>;

/** Bots of servers of before 10.1, by base URL and bot, and until when that is believed. */
const lacksRich = new BoundedMap<string, number>(10_000);
const believedMs = 60 * 60_000;

/** Refuses without a call where the server lacks the method. Not by server: a wrong token is a 404 too. */
async function sendRich(
  deps: AdapterDeps,
  credentials: TelegramCredentials,
  text: string,
  place: Place,
) {
  const bot = `${deps.base_url} ${botIdOf(credentials)}`;
  if ((lacksRich.get(bot) ?? 0) > deps.clock()) return noRich;
  const rich_message = { markdown: richMarkdown(text) };
  const sent = await callTelegram(deps, credentials, "sendRichMessage", { ...place, rich_message });
  if (!sent.ok && (sent.code === "404" || /method not found/i.test(sent.message))) {
    lacksRich.set(bot, deps.clock() + believedMs);
  }
  return sent;
}

const noRich = refused("404", "Telegram: this server knows no rich messages.");

function sendFile(
  deps: AdapterDeps,
  credentials: TelegramCredentials,
  { type, url, mime_type }: Attachment,
  place: Place,
) {
  switch (type) {
    case "image":
      return callTelegram(deps, credentials, "sendPhoto", { ...place, photo: url });
    case "video":
      return callTelegram(deps, credentials, "sendVideo", { ...place, video: url });
    case "file":
      return callTelegram(deps, credentials, "sendDocument", { ...place, document: url });
    case "audio":
      return mime_type === "audio/ogg"
        ? callTelegram(deps, credentials, "sendVoice", { ...place, voice: url })
        : callTelegram(deps, credentials, "sendAudio", { ...place, audio: url });
  }
}

/** Shows for five seconds that the bot is typing, in the topic of the message that it answers. */
export async function showTyping(
  deps: AdapterDeps,
  credentials: TelegramCredentials,
  address: Address,
): Promise<Done> {
  const { direct_topic_id, ...known } = telegramAddress(address);
  // Telegram shows it nowhere there.
  if (direct_topic_id !== undefined) return { ok: true };
  const place = placeOf(known, false);
  const shown = await callTelegram(deps, credentials, "sendChatAction", {
    ...place,
    action: "typing",
  });
  return shown.ok ? { ok: true } : shown;
}
