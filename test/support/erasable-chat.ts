import type { TestAnswer, TestPlatform, TestRequest } from "./test-platform.ts";
import { openWebChat } from "./web-chat.ts";

/** A web chat, and what is left of its users. Without options its bot is paused and says nothing. */
export async function openErasableChat(
  platform: TestPlatform,
  options: Parameters<typeof openWebChat>[1] = { bot: { status: "paused" } },
) {
  const chat = await openWebChat(platform, options);
  const { key, bot_id } = chat;
  const ask = (operationId: string, request: object) =>
    platform.call(operationId, { as: key, ...request });
  return {
    ...chat,
    /** Has a user erased; what was said before is older by a millisecond. */
    erase: async (user_id: string, query: TestRequest["query"] = {}): Promise<TestAnswer> => {
      platform.advance(1);
      const answer = await ask("deleteBotUser", { params: { bot_id, user_id }, query });
      await platform.settle();
      return answer;
    },
    messages: async (id: string) => (await ask("listMessages", { params: { id } })).body.data,
    conversations: async (query: Record<string, string> = {}) =>
      (await ask("listConversations", { params: { bot_id }, query })).body,
  };
}

/** A web chat that is open for looking at it and for erasing its users. */
export type ErasableChat = Awaited<ReturnType<typeof openErasableChat>>;
