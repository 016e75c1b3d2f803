import { entriesOf, type Fields, fieldsOf, jsonIn, wordsIn } from "../../schema/json-fields.ts";
import type { Account, HookRequest } from "../adapter.ts";
import type {
  Address,
  DeliveryFailed,
  InboundEvent,
  InboundMessage,
  Parsed,
  PlatformUser,
  SameUser,
} from "../inbound-event.ts";
import { failureIn } from "./classify.ts";
import { contentOf } from "./content.ts";
import { digitsIn } from "./digits-in.ts";

/** Reads a call, which may bring up to a thousand messages and statuses of any number that the app has. */
export function parseCall(
  { body }: HookRequest,
  { account, now }: { readonly account: Account | null; readonly now: number },
): Parsed {
  const call = fieldsOf(jsonIn(body));
  if (call["object"] !== "whatsapp_business_account") return { events: [] };
  const said: Dated[] = [];
  const told: InboundEvent[] = [];
  for (const { field, value } of changesIn(call)) {
    const change = fieldsOf(value);
    if (account && fieldsOf(change["metadata"])["phone_number_id"] !== account.id) continue;
    if (field === "user_id_update") {
      said.push(...entriesOf(change["user_id_update"]).flatMap(newId));
    }
    if (field !== "messages") continue;
    const messages = entriesOf(change["messages"]).map(fieldsOf);
    const contactOf = contactsIn(change);
    const read = (message: Fields) => eventOf(message, contactOf(message), change, now);
    said.push(...messages.flatMap(read));
    told.push(...entriesOf(change["statuses"]).flatMap(failedDelivery));
  }
  said.sort((one, other) => one.at - other.at);
  return { events: [...said.map(({ event }) => event), ...told] };
}

/** A message, or a person's new id, which must be known before what they write under it. */
interface Dated {
  readonly at: number;
  readonly event: InboundEvent;
}

const changesIn = (call: Fields): readonly Fields[] =>
  entriesOf(call["entry"])
    .flatMap((entry) => entriesOf(fieldsOf(entry)["changes"]))
    .map(fieldsOf);

/** Whole seconds since 1970, as milliseconds; 0 for what is none. */
const timeIn = (value: unknown): number =>
  /^\d{1,11}$/.test(String(value)) ? Number(value) * 1_000 : 0;

/** Who the senders of messages are, as a call says beside them. */
function contactsIn({ messages, contacts }: Fields): (message: Fields) => Fields {
  const known = entriesOf(contacts).map(fieldsOf);
  const idsOf = ({ wa_id, user_id }: Fields) => [wa_id, user_id].filter(wordsIn);
  const byId = new Map(known.flatMap((contact) => idsOf(contact).map((id) => [id, contact])));
  // In some countries the id and the number of one person differ.
  const alone = entriesOf(messages).length === 1 && known.length === 1 ? known[0] : undefined;
  return ({ from, from_user_id }) => byId.get(from) ?? byId.get(from_user_id) ?? alone ?? {};
}

/** Free answers may be given for so long. */
const windowMs = 24 * 60 * 60_000;

function eventOf(message: Fields, contact: Fields, change: Fields, now: number): readonly Dated[] {
  const at = timeIn(message["timestamp"]);
  if (message["type"] === "system") return changedIds(message, at);
  const id = wordsIn(message["id"]);
  const sender = senderOf(message, contact);
  const said = contentOf(message);
  if (id === undefined || !sender || !said) return [];
  const { user, place } = sender;
  const group_id = wordsIn(message["group_id"]);
  const quoted = fieldsOf(message["context"]);
  const quoted_id = wordsIn(quoted["id"]);
  const us = digitsIn(fieldsOf(change["metadata"])["display_phone_number"]);
  const from_bot = us !== "" && digitsIn(quoted["from"]) === us;
  const event: InboundMessage = {
    kind: "message",
    identity: id,
    message_id: id,
    sent_at: at,
    handling: said.is_kept || (at > 0 && now - at > windowMs) ? "keep" : "answer",
    user,
    chat_id: group_id ?? user.id,
    thread_id: null,
    is_direct: group_id === undefined,
    mentions_bot: false,
    replies_to_bot: quoted_id !== undefined && from_bot,
    content: said.content,
    album_id: null,
    metadata: {
      ...(said.choice && { choice: said.choice }),
      // WhatsApp says which message it was and not what stood in it.
      ...(quoted_id !== undefined && { reply_to: { message_id: quoted_id, from_bot, text: "" } }),
    },
    address: { ...(group_id === undefined ? place : { group_id }), message_id: id },
  };
  return [{ at, event }];
}

/** Who wrote it, by number, by the id that the business knows them by, or both; and where they are answered. */
function senderOf({ from, from_user_id }: Fields, { wa_id, user_id, profile }: Fields) {
  const phone = wordsIn(from) ?? wordsIn(wa_id);
  const scoped = wordsIn(from_user_id) ?? wordsIn(user_id);
  const [id, ...also] = [phone, scoped].filter((one) => one !== undefined);
  if (id === undefined) return undefined;
  const { name, username } = fieldsOf(profile);
  const user: PlatformUser = {
    id,
    name: wordsIn(name) ?? null,
    username: wordsIn(username)?.replace(/^@/, "") || null,
    also,
  };
  const place: Address = phone === undefined ? { recipient: id } : { to: phone };
  return { user, place };
}

/** Somebody has another number, or another id. What the text of it says is in part theirs, so it is not read. */
function changedIds({ from, from_user_id, system }: Fields, at: number): readonly Dated[] {
  const { wa_id, user_id } = fieldsOf(system);
  const isNew = (wa_id ?? user_id) !== undefined;
  return isNew ? sameUser(at, [from, from_user_id, wa_id, user_id]) : [];
}

function newId(update: unknown): readonly Dated[] {
  const { user_id, wa_id, timestamp } = fieldsOf(update);
  const { previous, current } = fieldsOf(user_id);
  return sameUser(timeIn(timestamp), [previous, current, wa_id]);
}

function sameUser(at: number, ids: readonly unknown[]): readonly Dated[] {
  const user_ids = [...new Set(ids.flatMap((id) => wordsIn(id) ?? []))];
  const event: SameUser = { kind: "same_user", user_ids };
  return user_ids.length > 1 ? [{ at, event }] : [];
}

function failedDelivery(given: unknown): readonly DeliveryFailed[] {
  const { id, status, biz_opaque_callback_data, errors } = fieldsOf(given);
  const message_id = wordsIn(id);
  if (status !== "failed" || message_id === undefined) return [];
  const [error] = entriesOf(errors);
  const tag = wordsIn(biz_opaque_callback_data) ?? null;
  return [{ kind: "delivery_failed", tag, message_id, failure: failureIn(fieldsOf(error)) }];
}
