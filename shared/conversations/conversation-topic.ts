import type { Id } from "../runtime/ids.ts";

/** The topic on which a process tells its own waiting requests that a conversation went on. */
export const conversationTopic = (conversationId: Id<"conv">) => `conversation:${conversationId}`;
