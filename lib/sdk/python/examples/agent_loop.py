"""Makes a loop, runs it, and shows each step when it has finished."""

from chatbot_platform import ChatbotPlatform

client = ChatbotPlatform()

loop = client.agent_loops.create(
    name="What time is it",
    system_prompt="You answer in one sentence.",
    user_message="What time is it in {{city}}?",
    model={"provider": "echo", "name": "echo"},
    tools=[{"type": "time"}],
)
started = client.agent_loops.run(loop.id, variables={"city": "Berlin"})
for step in client.executions.watch(started.id, timeout=60):
    print(step.number, step.text if step.kind == "model" else step.tool)
run = client.executions.wait(started.id)
print(run.status, run.result.output if run.result else None)
client.agent_loops.delete(loop.id)
