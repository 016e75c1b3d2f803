# frozen_string_literal: true

# Makes a bot with a channel and talks to it.

require "chatbot_platform"

client = ChatbotPlatform::Client.new

bot = client.bots.create(name: "Quickstart")
channel = client.channels.create(bot.id, type: "web")
["Hello!", "How are you?"].each do |content|
  reply = client.channels.ask(channel.id, user: { id: "ada", name: "Ada" }, content:)
  puts "> #{content}", reply&.content
end
client.conversations.list(bot.id).each do |conversation|
  client.conversations.list_messages(conversation.id).first(10).each do |message|
    puts "#{message.created_at.iso8601} #{message.role} #{message.content}"
  end
end
client.bots.delete(bot.id)
