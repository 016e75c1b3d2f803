// Makes a loop, runs it, and shows each step when it has finished.
import { ChatbotPlatform } from "@chatbot-platform/sdk";

const client = new ChatbotPlatform();

const loop = await client.agentLoops.create({
  name: "What time is it",
  system_prompt: "You answer in one sentence.",
  user_message: "What time is it in {{city}}?",
  model: { provider: "echo", name: "echo" },
  tools: [{ type: "time" }],
});
const { id } = await client.agentLoops.run(loop.id, { variables: { city: "Berlin" } });
for await (const step of client.executions.watch(id, { timeoutMs: 60_000 })) {
  console.log(step.number, step.kind === "model" ? step.text : step.tool);
}
const { status, result } = await client.executions.wait(id);
console.log(status, result?.output);
await client.agentLoops.delete(loop.id);
