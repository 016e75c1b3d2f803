import { isOfPlatform, type PlatformChannel } from "../channels/channel.ts";
import { openCredentials } from "../channels/channel-secrets.ts";
import { asChannel } from "../channels/channel-store.ts";
import type { AdapterDeps } from "../platforms/adapter.ts";
import { adapterOf } from "../platforms/adapters.ts";
import { baseUrlOf, type CredentialsOf, type PlatformName } from "../platforms/catalogue.ts";
import { describeError, log } from "../runtime/log.ts";
import { equals } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import type { Lease } from "../work/lease.ts";
import {
  asConversationWork,
  type ConversationWork,
  signsOf,
  type TemporaryMessage,
} from "./conversation-work.ts";
import type { Handled } from "./reply-store.ts";
import type { SendReplyDeps, Watched } from "./send-reply.ts";
import type { Turn } from "./turn.ts";

/** More of them that could not be taken back are not left in a conversation. */
const mostLeft = 3;

type Owed = Pick<ConversationWork, "handled" | "temporary_messages" | "signs">;

/** What speaks for the bot to its platform. */
interface Voice {
  readonly adapter: ReturnType<typeof adapterOf>;
  readonly ask: AdapterDeps;
  readonly credentials: CredentialsOf<PlatformName>;
}

/**
 * Posts a message that stands in for a sign of life, one for a turn whoever works on it: that it is posted is written
 * down before, and its id after, so that a worker that dies in between leaves one that stays. Never throws.
 */
export async function postTemporary(
  deps: Omit<SendReplyDeps, "replies">,
  turn: Turn,
  { adapter, ask, credentials }: Voice,
  pace: Watched["pace"],
): Promise<void> {
  const { lease, work, question, temporary } = turn;
  const { address = {}, number } = question;
  const isPosted = temporary.list.some((one) => one.question > work.handled);
  if (!adapter.remove || isPosted || temporary.list.length >= mostLeft) return;
  const writeDown = async (list: TemporaryMessage[]) => {
    temporary.list = list;
    const change = { set: { temporary_messages: list } };
    return (await deps.table.update(lease.key, change, equals("lease_token", lease.token))).applied;
  };
  const others = temporary.list;
  if (!(await writeDown([...others, { question: number }]))) return;
  const piece = { type: "text", text: "🤔 Thinking…", form: "plain", is_first: false } as const;
  const sent = await pace.whole(() =>
    adapter.send(ask, credentials, { address, piece, tag: `${question.id}#typing` }),
  );
  if (!sent.ok || sent.id === null) return;
  const posted = { id: sent.id, address: sent.address ?? address };
  const written = writeDown([...others, { question: number, sent: posted }]);
  // Nobody else would know what it is called.
  if (!(await written.catch(() => false))) await adapter.remove(ask, credentials, posted);
}

/** Takes back what no answer has taken the place of, after which the handling ends. What cannot be now is left to the next turn. */
export async function takeBack(
  deps: SendReplyDeps,
  lease: Lease<"conversation">,
  watched: Watched,
): Promise<Handled> {
  const { team_id } = lease.ref;
  const { bot_id, channel_id } = asConversationWork(lease.item);
  const [row, channelRow] = await deps.table.batchGet([
    lease.key,
    keys.channel(team_id, bot_id, channel_id),
  ]);
  if (row?.["lease_token"] !== lease.token) return "lost";
  const work = asConversationWork(row);
  const channel = asChannel(channelRow);
  const left =
    channel && isOfPlatform(channel)
      ? await watched.pace.watch(undefined, () => removeEach(deps, lease, channel, work, watched))
      : [];
  return deps.replies.endHeld(lease, work, left, deps.clock());
}

/**
 * The same of a turn whose work was erased meanwhile, with its conversation or its channel: nobody else knows of it any
 * more. What was waiting when it was erased, and what a worker that dies now has shown, stays. Never throws.
 */
export async function takeBackErased(
  deps: SendReplyDeps,
  turn: Turn,
  watched: Watched,
): Promise<void> {
  const { lease, channel, earlier, question, temporary } = turn;
  if (!isOfPlatform(channel)) return;
  const signs = signsOf(turn, temporary.isAnswered ? earlier : [...earlier, question]);
  if (temporary.list.length === 0 && signs.length === 0) return;
  try {
    if (await deps.table.get(lease.key)) return;
    const shown = { handled: question.number, temporary_messages: temporary.list, signs };
    await removeEach(deps, lease, channel, shown, watched);
  } catch (error) {
    // The key of a team that is deleted is gone, among others.
    log("warn", "message_not_removed", { ...lease.ref, ...describeError(error) });
  }
}

/** Removes the messages and the signs; gives those that the platform wants removed later. */
async function removeEach(
  { secrets, fetch, clock }: SendReplyDeps,
  { ref: { team_id, conversation_id } }: Lease<"conversation">,
  channel: PlatformChannel,
  { handled, temporary_messages = [], signs = [] }: Owed,
  { signal }: Watched,
): Promise<TemporaryMessage[]> {
  const { remove } = adapterOf(channel.type);
  const ask = { fetch, base_url: baseUrlOf(channel.type), clock, signal };
  const credentials = await openCredentials(secrets, team_id, channel);
  // A sign goes by what its message brought, which is good where the credentials are dead.
  const messages = channel.status === "disconnected" ? [] : temporary_messages;
  const left: TemporaryMessage[] = [];
  for (const message of [...messages, ...signs.map((sent) => ({ question: handled, sent }))]) {
    const removed = message.sent && remove && (await remove(ask, credentials, message.sent));
    if (!removed || removed.ok) continue;
    const { code, message: problem } = removed;
    log("warn", "message_not_removed", { team_id, conversation_id, code, problem });
    if (removed.class === "retry") left.push(message);
  }
  return left;
}
