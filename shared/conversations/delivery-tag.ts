import type { Id } from "../runtime/ids.ts";
import type { StoredMessage } from "./message.ts";

/** Which part of which reply a platform was given. */
export interface TaggedPart {
  readonly conversation_id: Id<"conv">;
  readonly number: number;
  readonly message_id: Id<"msg">;
  /** From 0. */
  readonly part: number;
}

/**
 * What a platform is given with a part of a reply, and gives back when it tells of that part later: it leads to the reply
 * without a row or an index, and is there before the platform is called.
 */
export const deliveryTag = (
  { conversation_id, number, id }: Pick<StoredMessage, "conversation_id" | "number" | "id">,
  part: number,
) => `${conversation_id}#${number}#${id}#${part}`;

/** The part that a tag of ours names; undefined for one that is not ours. */
export function readDeliveryTag(tag: string): TaggedPart | undefined {
  const [, conversation_id, number, message_id, part] =
    /^(conv_[0-9a-z]{26})#(\d{1,12})#(msg_[0-9a-z]{26})#(\d{1,6})$/.exec(tag) ?? [];
  if (conversation_id === undefined) return undefined;
  return {
    // The pattern says so.
    conversation_id: conversation_id as Id<"conv">,
    number: Number(number),
    message_id: message_id as Id<"msg">,
    part: Number(part),
  };
}
