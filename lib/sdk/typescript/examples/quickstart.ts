// Makes a bot with a channel and talks to it.
import { ChatbotPlatform } from "@chatbot-platform/sdk";

const client = new ChatbotPlatform();

const bot = await client.bots.create({ name: "Quickstart" });
const channel = await client.channels.create(bot.id, { type: "web" });
for (const content of ["Hello!", "How are you?"]) {
  const reply = await client.channels.ask(channel.id, {
    user: { id: "ada", name: "Ada" },
    content,
  });
  console.log(`> ${content}\n${JSON.stringify(reply?.content)}`);
}
for await (const conversation of client.conversations.list(bot.id)) {
  console.log(await client.conversations.listMessages(conversation.id).toArray({ limit: 10 }));
}
await client.bots.delete(bot.id);
