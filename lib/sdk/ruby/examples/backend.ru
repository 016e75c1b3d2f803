# frozen_string_literal: true

# A backend of a bot: `SIGNING_SECRET=whsec_… rackup backend.ru`, or any other server of Rack. The secret is that of its
# integration, whose url is where this server can be reached.

require "chatbot_platform"

told = ->(error) { warn "failed: #{error.message}" }

run(ChatbotPlatform::Backend.new(ENV.fetch("SIGNING_SECRET"), on_error: told) do |turn|
  { content: "#{turn.bot.name} has read #{turn.messages.size} messages." }
end)
