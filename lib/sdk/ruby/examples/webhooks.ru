# frozen_string_literal: true

# Receives webhooks: `rackup webhooks.ru`. CHATBOT_PLATFORM_WEBHOOK_SECRET is the endpoint's, or two of them while it is
# rotated.

require "chatbot_platform"

client = ChatbotPlatform::Client.new

run(lambda do |env|
  case client.webhooks.unwrap(env["rack.input"].read, env)
  in { type: "agent_loop.completed", data: } then puts "#{data.agent_loop_name} #{data.status}"
  in { type: "channel.disconnected", data: } then puts data.reason
  in { type: } then puts type
  end
  [204, {}, []]
rescue ChatbotPlatform::WebhookVerificationError => error
  [400, { "content-type" => "text/plain" }, [error.message]]
end)
