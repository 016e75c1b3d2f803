import { asHook } from "#shared/channels/hook";
import { receiveEvents } from "#shared/conversations/receive-events";
import type { InboundEvent, InboundMessage } from "#shared/platforms/inbound-event";
import { createMint } from "#shared/runtime/mint";
import { keys } from "#shared/table/keys";
import { liveWork } from "#shared/work/live-work";
import type { PlatformChat } from "./platform-chat.ts";
import type { TestPlatform } from "./test-platform.ts";

let messages = 0;

/** A message as an adapter reads it, in a private chat of its user unless it says otherwise. */
export function inboundMessage({
  user = {},
  ...rest
}: Partial<Omit<InboundMessage, "user">> & {
  readonly user?: Partial<InboundMessage["user"]>;
}): InboundMessage {
  const message_id = String(++messages);
  const { id = "1" } = user;
  return {
    kind: "message",
    identity: message_id,
    message_id,
    sent_at: 0,
    handling: "answer",
    chat_id: id,
    thread_id: null,
    is_direct: true,
    mentions_bot: false,
    replies_to_bot: false,
    content: [{ type: "text", text: "Hello!" }],
    album_id: null,
    metadata: {},
    // Only the adapter reads it: Telegram's the first, WhatsApp's the other.
    address: { chat_id: 1, to: "1" },
    ...rest,
    user: { name: null, username: null, also: [], ...user, id },
  };
}

/** Has events come in through the hook of a chat's channel, as if its platform had sent them in one call. */
export async function receive(
  platform: TestPlatform,
  { channel_id }: Pick<PlatformChat, "channel_id">,
  events: readonly InboundEvent[],
): Promise<void> {
  const hook = asHook(await platform.table.get(keys.hook(channel_id)));
  if (!hook) throw new Error("The channel has no hook.");
  const mint = createMint(platform.clock());
  await receiveEvents(liveWork(), hook, events, mint);
}
