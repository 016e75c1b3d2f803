import {
  entriesOf,
  type Fields,
  fieldsOf,
  jsonIn,
  textIn,
  wordsIn,
} from "../../schema/json-fields.ts";
import type { Account, HookRequest } from "../adapter.ts";
import type { Disconnected, InboundEvent, Parsed, PlatformUser } from "../inbound-event.ts";
import { contentOf } from "./content.ts";
import type { Ourselves } from "./said-text.ts";
import type { SlackAddress } from "./slack-address.ts";

/** Reads a call. It brings one event, or asks whether the hook is ours. */
export function parseCall(
  { body }: HookRequest,
  { account, now }: { readonly account: Account | null; readonly now: number },
): Parsed {
  const call = fieldsOf(jsonIn(body));
  if (call["type"] === "url_verification") {
    return { events: [], answer: { json: { challenge: textIn(call["challenge"]) ?? "" } } };
  }
  if (call["type"] !== "event_callback") return { events: [] };
  const event = fieldsOf(call["event"]);
  const us: Ourselves = { account, user_ids: ourIds(call, account) };
  const at = timeOf(call);
  switch (event["type"]) {
    case "message":
    case "app_mention":
      return { events: isLateEdit(event, now) ? [] : messageIn(event, us) };
    case "app_uninstalled":
      return { events: [{ ...removed, ...at }] };
    case "tokens_revoked":
      return { events: isOurToken(event, us) ? [{ ...revoked, ...at }] : [] };
    default:
      return { events: [] };
  }
}

/** As who Slack calls us, beside the account that we know. */
function ourIds({ authorizations }: Fields, account: Account | null): ReadonlySet<string> {
  const called = entriesOf(authorizations)
    .map(fieldsOf)
    .flatMap(({ is_bot, user_id }) => (is_bot === true ? (wordsIn(user_id) ?? []) : []));
  return new Set(account ? [account.user_id, ...called] : called);
}

/** When something happened: the end of a second. */
function timeOf({ event_time }: Fields): Pick<Disconnected, "at"> {
  return typeof event_time === "number" ? { at: event_time * 1_000 + 999 } : {};
}

const removed: Disconnected = { kind: "disconnected", reason: "The app was removed from Slack." };
const revoked: Disconnected = { kind: "disconnected", reason: "The token was revoked in Slack." };

/** Whether the bot's token was revoked; those of people are none of ours. An app has one bot. */
function isOurToken({ tokens }: Fields, { user_ids }: Ourselves): boolean {
  const bots = entriesOf(fieldsOf(tokens)["bot"]);
  return user_ids.size === 0 ? bots.length > 0 : bots.some((id) => user_ids.has(textIn(id) ?? ""));
}

/** So long what was kept is surely known when it comes again. */
const knownMs = 13 * 24 * 60 * 60_000;

/** Whether it comes because somebody edited an old message that mentions us, which may have been answered long ago. */
const isLateEdit = ({ edited, ts }: Fields, now: number) =>
  edited !== undefined && now - Number(ts) * 1_000 > knownMs;

/** Subtypes of messages that people write; the others tell of something that happened. */
const written = new Set<unknown>([undefined, "file_share", "thread_broadcast", "me_message"]);

function messageIn(event: Fields, us: Ourselves): readonly InboundEvent[] {
  if (!written.has(event["subtype"]) || event["hidden"] === true) return [];
  const user = senderOf(event, us);
  const [channel, ts] = [wordsIn(event["channel"]), wordsIn(event["ts"])];
  if (!user || channel === undefined || ts === undefined) return [];
  const said = contentOf(event, us);
  if (!said) return [];
  const is_direct = isDirect(event["channel_type"], channel);
  // In a direct message only those who look at a thread see what is said there; elsewhere every question opens one.
  const thread_ts = wordsIn(event["thread_ts"]) ?? (is_direct ? undefined : ts);
  const address: SlackAddress = { channel, ...(thread_ts !== undefined && { thread_ts }) };
  return [
    {
      kind: "message",
      identity: `${channel}:${ts}`,
      message_id: ts,
      sent_at: Math.round(Number(ts) * 1_000) || 0,
      handling: "answer",
      user,
      chat_id: channel,
      thread_id: thread_ts ?? null,
      is_direct,
      mentions_bot: said.mentions_bot || event["type"] === "app_mention",
      replies_to_bot: us.user_ids.has(parentUser(event) ?? ""),
      content: said.content,
      album_id: null,
      metadata: said.quoted ? { reply_to: said.quoted } : {},
      address: { ...address },
    },
  ];
}

/** Who opened the thread; with a reply that is shown in the channel too comes the message itself. */
const parentUser = ({ parent_user_id, root }: Fields) =>
  textIn(parent_user_id) ?? textIn(fieldsOf(root)["user"]);

/** A mention comes without the kind of its channel, but never from a direct one. */
const isDirect = (channel_type: unknown, channel: string) =>
  channel_type === undefined
    ? channel.startsWith("D")
    : channel_type === "im" || channel_type === "app_home";

const ofSlackItself = new Set(["USLACKBOT", "USLACK"]);

/** Who wrote it; undefined for bots, for Slack itself and for us. */
function senderOf({ user, bot_id, user_profile }: Fields, us: Ourselves): PlatformUser | undefined {
  const id = wordsIn(user);
  const isBot = bot_id !== undefined && bot_id !== null && bot_id !== "";
  if (id === undefined || isBot || ofSlackItself.has(id) || us.user_ids.has(id)) return undefined;
  const { display_name, real_name, name } = fieldsOf(user_profile);
  return {
    id,
    name: wordsIn(display_name) ?? wordsIn(real_name) ?? null,
    username: wordsIn(name) ?? null,
    also: [],
  };
}
