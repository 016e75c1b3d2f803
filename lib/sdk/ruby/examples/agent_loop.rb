# frozen_string_literal: true

# Makes a loop, runs it, and shows each step when it has finished.

require "chatbot_platform"

client = ChatbotPlatform::Client.new

agent_loop = client.agent_loops.create(
  name: "What time is it",
  system_prompt: "You answer in one sentence.",
  user_message: "What time is it in {{city}}?",
  model: { provider: "echo", name: "echo" },
  tools: [{ type: "time" }]
)
started = client.agent_loops.run(agent_loop.id, variables: { city: "Berlin" })
run = client.executions.watch(started.id, timeout: 60) do |step|
  puts "#{step.number} #{step.kind == "model" ? step.text : step.tool}"
end
puts run.status, run.result&.output
client.agent_loops.delete(agent_loop.id)
