import { asChannel } from "../channels/channel-store.ts";
import { disconnectChannel } from "../channels/disconnect-channel.ts";
import type { StoredHook } from "../channels/hook.ts";
import { unavailable } from "../errors/api-error.ts";
import { platforms } from "../platforms/catalogue.ts";
import type { HookAnswer, InboundEvent, InboundMessage } from "../platforms/inbound-event.ts";
import { bytesOf } from "../platforms/inbound-parts.ts";
import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import { firstUnits } from "../runtime/first-units.ts";
import { timeLeft } from "../runtime/meter.ts";
import type { Mint } from "../runtime/mint.ts";
import { keys } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import { failDelivery } from "./fail-delivery.ts";
import { inboundContent } from "./inbound-content.ts";
import { keepMessage } from "./keep-message.ts";
import { moveChat } from "./move-chat.ts";
import type { Arrival } from "./plan-message.ts";
import { joinUserIds, underFirstId } from "./user-ids.ts";
import { wakeKept } from "./wake-kept.ts";

/** Chats of one call whose messages are kept at once: a call may bring a thousand, and its function ends at 29 s. */
const chatsAtOnce = 8;

/**
 * Keeps each message of a call to a hook and wakes the worker, those of one chat in their order, and gives what the platform
 * is told at once of the first that has such a thing. One that cannot be kept stops no other; it is thrown at the end, so
 * that the platform sends the call again. So it is for what was not begun in the call's time: what is kept by then is known
 * when it comes again.
 */
export async function receiveEvents(
  deps: ReceiveDeps,
  hook: StoredHook,
  events: readonly InboundEvent[],
  mint: Mint,
): Promise<HookAnswer | undefined> {
  const problems: unknown[] = [];
  let first: HookAnswer | undefined;
  const take = async (event: InboundEvent) => {
    if (isOverlong(event)) return;
    try {
      if (timeLeft() <= 0) {
        throw unavailable("Not all of it could be kept in time. Send it again.");
      }
      first ??= await receive(deps, hook, event, mint);
    } catch (error) {
      problems.push(error);
    }
  };
  for (const chats of besideEachOther(events)) {
    const rest = chats.values();
    const takeEach = async () => {
      for (const chat of rest) for (const event of chat) await take(event);
    };
    await Promise.all(Array.from({ length: chatsAtOnce }, takeEach));
  }
  if (problems.length > 0) throw problems[0];
  return first;
}

/** Bytes of ids, names and places: with a multiple of what platforms write. What is longer might fit no row. */
const mostBytes = 16_384;

/** Whether somebody who has the channel's secret has signed what its platform never says. */
const isOverlong = (event: InboundEvent) => bytesOf({ ...event, content: undefined }) > mostBytes;

/** Events in groups that come one after the other; in each, messages by chat. What tells of ids is alone: it must be known before what follows. */
function besideEachOther(events: readonly InboundEvent[]): (readonly InboundEvent[])[][] {
  const groups: InboundEvent[][] = [];
  let wasMessage = false;
  for (const event of events) {
    const isMessage = event.kind === "message";
    if (isMessage && wasMessage) groups.at(-1)?.push(event);
    else groups.push([event]);
    wasMessage = isMessage;
  }
  return groups.map((group) => [...Map.groupBy(group, chatOf).values()]);
}

const chatOf = (event: InboundEvent) => (event.kind === "message" ? event.chat_id : "");

export interface ReceiveDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
}

async function receive(
  deps: ReceiveDeps,
  hook: StoredHook,
  event: InboundEvent,
  mint: Mint,
): Promise<HookAnswer | undefined> {
  const { team_id, bot_id, channel_id } = hook;
  const { table } = deps;
  if (event.kind === "message") {
    const message = await underFirstId(table, hook, event, mint.now);
    const kept = await keepMessage(table, team_id, hook, arrivalOf(hook, message, mint), mint);
    // What has no channel or conversation any more has nobody to answer to.
    const isKept = "message" in kept;
    if (isKept) await wakeKept(deps, team_id, kept);
    // Stored with the message, so that a repeated call is told the same.
    return isKept && kept.message.answer ? event.at_once?.answered : event.at_once?.unanswered;
  }
  if (event.kind === "chat_moved") await moveChat(table, hook, event, mint.now);
  if (event.kind === "same_user") await joinUserIds(table, hook, event.user_ids, mint.now);
  if (event.kind === "delivery_failed") await failDelivery(deps, hook, event);
  if (event.kind === "disconnected") {
    const channel = asChannel(await table.get(keys.channel(team_id, bot_id, channel_id)));
    // It may come late, or again, when there are other credentials.
    const isOver = channel && event.at !== undefined && event.at < Date.parse(channel.updated_at);
    if (channel && !isOver) {
      await disconnectChannel(deps, team_id, channel, event.reason, mint.now);
    }
  }
  return undefined;
}

const mostNameUnits = 100;

function arrivalOf(
  { type }: Pick<StoredHook, "type">,
  message: InboundMessage,
  mint: Mint,
): Arrival {
  const { user, chat_id, thread_id, is_direct, message_id, identity, album_id } = message;
  const name = user.name && firstUnits(user.name, mostNameUnits);
  const { content, files } = inboundContent(message.content);
  return {
    chat_id,
    thread_id,
    user_id: user.id,
    is_per_user: !is_direct && platforms[type].group_conversation === "user",
    may_have_moved: !is_direct && platforms[type].groups_move,
    said_to: saidTo(message),
    user: { id: user.id, name, username: user.username },
    content,
    message_id: mint.id("msg"),
    platform_message_id: message_id,
    identity,
    from_platform: {
      metadata: { ...message.metadata },
      address: message.address,
      ...(message.at_once && { sign_id: message.at_once.sign_id }),
      ...(album_id !== null && { album_id }),
      ...(files.length > 0 && { files }),
    },
  };
}

function saidTo(message: InboundMessage): Arrival["said_to"] {
  const { handling, is_direct, mentions_bot, replies_to_bot } = message;
  if (handling === "keep") return "nobody";
  if (is_direct) return "bot";
  return mentions_bot || replies_to_bot ? "bot in group" : "group";
}
