import {
  type Ask,
  makeBot,
  makeChannel,
  makeConversation,
  makeIntegration,
} from "../one-of-each.ts";
import { withFile } from "./ask-platforms.ts";

const words = " of a model";

/** Where a process of the platform finds models of Bedrock. */
export const bedrockAt = (url: string): Readonly<Record<string, string>> => ({
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "a secret",
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
});

/**
 * Has a model of each vendor's interface at a server answer two messages, and then one with a picture. Gives the
 * conversations, each with the words that stand behind the name of its answers.
 */
export async function askModels(ask: Ask, url: string): Promise<ReadonlyMap<string, string>> {
  const chats = new Map<string, string>();
  for (const type of ["openai", "anthropic", "bedrock"]) {
    const { id: bot_id } = await makeBot(ask);
    await makeIntegration(ask, bot_id, {
      type,
      model: "a-model",
      url: type === "bedrock" ? null : url,
    });
    const { id: channelId } = await makeChannel(ask, bot_id);
    for (let message = 0; message < 2; message++) {
      const { id, reply } = await makeConversation(ask, channelId, { wait: 10 });
      if (reply?.content !== "Noted. Anything else?") throw new Error(`No answer of ${type}.`);
      chats.set(id, words);
    }
    const picture = { type: "image_url", image_url: { url: `${url}/picture` } };
    const data = (await ask("sendMessage", {
      params: { id: channelId },
      query: { wait: 10 },
      body: { user: { id: "bob" }, content: [{ type: "text", text: "What is this?" }, picture] },
    })) as { readonly message: { readonly conversation_id: string } };
    chats.set(data.message.conversation_id, `${words}${withFile}`);
  }
  return chats;
}
