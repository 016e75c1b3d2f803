"""Makes a bot with a channel and talks to it."""

from chatbot_platform import ChatbotPlatform

client = ChatbotPlatform()

bot = client.bots.create(name="Quickstart")
channel = client.channels.create(bot.id, type="web")
for content in ["Hello!", "How are you?"]:
    reply = client.channels.ask(channel.id, user={"id": "ada", "name": "Ada"}, content=content)
    print(f"> {content}\n{reply.content if reply else None}")
for conversation in client.conversations.list(bot.id):
    for message in client.conversations.list_messages(conversation.id).to_list(limit=10):
        print(message.created_at.isoformat(), message.role, message.content)
client.bots.delete(bot.id)
