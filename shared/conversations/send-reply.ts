import type { PlatformChannel } from "../channels/channel.ts";
import { openCredentials } from "../channels/channel-secrets.ts";
import { disconnectChannel } from "../channels/disconnect-channel.ts";
import { noteRefused, noteSent } from "../channels/note-activity.ts";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { adapterOf } from "../platforms/adapters.ts";
import { baseUrlOf, platforms } from "../platforms/catalogue.ts";
import { mostFileBytes } from "../platforms/download-file.ts";
import type { Failure } from "../platforms/failure.ts";
import type { ChatMoved } from "../platforms/inbound-event.ts";
import type { Piece } from "../platforms/outgoing.ts";
import type { Id } from "../runtime/ids.ts";
import { describeError, log } from "../runtime/log.ts";
import type { TakeSharedRoom } from "../runtime/room.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { waitUntil } from "../work/end-lease.ts";
import type { Pace } from "../work/pace.ts";
import type { WorkDeps } from "../work/work-on.ts";
import { asConversationWork } from "./conversation-work.ts";
import { deliveryTag } from "./delivery-tag.ts";
import type { DeliveryError, SentPart, StoredMessage } from "./message.ts";
import { moveChat } from "./move-chat.ts";
import type { Handled, ReplyStore } from "./reply-store.ts";
import type { Turn } from "./turn.ts";

export interface SendReplyDeps extends WorkDeps {
  readonly replies: ReplyStore;
  readonly secrets: TeamSecrets;
  readonly fetch: SafeFetch;
  /** For the bytes of files, which are held in memory on their way. */
  readonly fileRoom: TakeSharedRoom;
}

/** How it is watched: each call is whole, since it may have been obeyed. */
export interface Watched {
  readonly signal: AbortSignal;
  readonly pace: Pace;
}

/**
 * Sends what is left of a stored reply through its platform, one piece after the other, each written down before the next;
 * `waits` when the platform wants it later. What was written down is never sent again.
 */
export async function sendReply(
  deps: SendReplyDeps,
  turn: Turn,
  stored: StoredMessage,
  channel: PlatformChannel,
  { signal, pace }: Watched,
): Promise<Handled | "waits"> {
  const { team_id } = turn.lease.ref;
  const adapter = adapterOf(channel.type);
  const credentials = await openCredentials(deps.secrets, team_id, channel);
  const base_url = baseUrlOf(channel.type);
  const { fetch, clock } = deps;
  const pieces = adapter.pieces({
    // What answers gives text.
    text: typeof stored.content === "string" ? stored.content : "",
    attachments: stored.attachments,
  });
  let reply = stored;
  let refused: number | undefined;
  for (;;) {
    const part = nextPart(adapter, pieces, reply.parts_sent, refused);
    if (!part) {
      const delivery = { status: "sent", error: null } as const;
      const written = deps.replies.setDelivery(turn, reply, delivery, clock());
      const [handled] = await Promise.all([written, noteSent(deps, team_id, channel)]);
      return handled;
    }
    const { piece, is_plain } = part;
    const { address = {}, parts_sent = [] } = reply;
    const tag = deliveryTag(reply, parts_sent.length);
    const sent = await pace.watch(undefined, async () => {
      const isHeld = piece.type === "attachment" && platforms[channel.type].holds_attachments;
      const giveBack = isHeld ? await deps.fileRoom(team_id, mostFileBytes, signal) : undefined;
      const ask = { fetch, base_url, clock, signal };
      turn.temporary.isAnswered = true;
      return pace
        .whole(() => adapter.send(ask, credentials, { address, piece, tag }))
        .finally(giveBack);
    });
    signal.throwIfAborted();
    if (sent.ok) {
      const ids = { team_id, channel_id: channel.id };
      if (sent.moved) await noteMove(deps, ids, sent.moved);
      const next: SentPart = { id: sent.id, piece: part.number, ...(is_plain && { is_plain }) };
      const progress = {
        parts_sent: [...parts_sent, next],
        address: sent.address ?? address,
      };
      reply = { ...reply, ...progress };
      refused = undefined;
      // That all of it was sent is one write with what was sent last.
      const isWhole = !nextPart(adapter, pieces, reply.parts_sent, refused);
      if (isWhole) continue;
      if ((await deps.replies.setProgress(turn, reply)) === "lost") return "lost";
      continue;
    }
    if (sent.class === "refused" && !is_plain && adapter.plainer(piece).length > 0) {
      refused = part.number;
      continue;
    }
    return fail(deps, turn, { reply, channel, failure: sent, part: parts_sent.length + 1 });
  }
}

/** Notes that a chat goes on elsewhere. What was sent there must not come again because of that: who sends next notes it too. */
async function noteMove(
  { table, clock }: SendReplyDeps,
  ids: { readonly team_id: Id<"team">; readonly channel_id: Id<"ch"> },
  moved: ChatMoved,
): Promise<void> {
  try {
    await moveChat(table, ids, moved, clock());
  } catch (error) {
    log("warn", "move_not_noted", { ...ids, ...describeError(error) });
  }
}

interface Part {
  readonly piece: Piece;
  readonly number: number;
  readonly is_plain?: true;
}

/** What is to be sent after what was: the next piece, or of one that was refused the next of those that stand for it. */
function nextPart(
  adapter: Pick<ReturnType<typeof adapterOf>, "plainer">,
  pieces: readonly Piece[],
  sent: readonly SentPart[] = [],
  refused?: number,
): Part | undefined {
  const last = sent.at(-1);
  const plainOf = (number: number, place: number): Part | undefined => {
    const whole = pieces[number];
    const piece = whole && adapter.plainer(whole)[place];
    return piece && { piece, number, is_plain: true };
  };
  if (refused !== undefined) return plainOf(refused, 0);
  if (last?.is_plain) {
    const done = sent.filter(({ piece }) => piece === last.piece).length;
    const rest = plainOf(last.piece, done);
    if (rest) return rest;
  }
  const number = last ? last.piece + 1 : 0;
  const piece = pieces[number];
  return piece && { piece, number };
}

interface Failed {
  readonly reply: StoredMessage;
  readonly channel: PlatformChannel;
  readonly failure: Failure;
  readonly part: number;
}

async function fail(
  deps: SendReplyDeps,
  turn: Turn,
  { reply, channel, failure, part }: Failed,
): Promise<Handled | "waits"> {
  const now = deps.clock();
  const { team_id } = turn.lease.ref;
  if (failure.class === "disconnected") {
    const outcome = await disconnectChannel(deps, team_id, channel, failure.message, now);
    // The channel was changed meanwhile, perhaps by other credentials: with what it has now.
    if (outcome === "changed" && (await waits(deps, turn, reply, failure))) return "waits";
  }
  if (failure.class === "retry" && (await waits(deps, turn, reply, failure))) return "waits";
  const { class: kind, code, message } = failure;
  const error: DeliveryError = { class: kind, code, message, part };
  const written = deps.replies.setDelivery(turn, reply, { status: "failed", error }, now);
  const [handled] = await Promise.all([written, noteRefused(deps, team_id, channel, failure)]);
  return handled;
}

/** So long after it was made, a reply is not sent any more. */
const sendingMs = 3_600_000;
const pausesMs = [2_000, 10_000, 30_000, 60_000, 120_000, 300_000];

/** Has the reply tried again later, if there is a time for that. The count of tries stands with the work. */
async function waits(
  deps: SendReplyDeps,
  { lease, temporary }: Turn,
  reply: StoredMessage,
  { retry_after_ms }: Failure,
): Promise<boolean> {
  const now = deps.clock();
  const end = Date.parse(reply.created_at) + sendingMs;
  const { sending } = asConversationWork(lease.item);
  const tries = sending?.reply === reply.number ? sending.tries : 0;
  const pause = pausesMs[Math.min(tries, pausesMs.length - 1)] ?? 0;
  const at = retry_after_ms === undefined ? Math.min(now + pause, end) : now + retry_after_ms;
  if (now >= end || at > end) return false;
  await temporary.settled;
  await waitUntil(deps, lease, at, { sending: { reply: reply.number, tries: tries + 1 } });
  return true;
}
