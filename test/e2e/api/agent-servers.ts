import { describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import type { BlackBox } from "#test/support/black-box";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import { mcpAnswer } from "#test/support/mcp-servers";
import { runToItsEnd } from "./agent-loops.ts";
import { eventually, make } from "./make.ts";

/** Agent loops that use servers: a model, tools and a callback on this machine. */
export function agentServers(box: BlackBox): void {
  if (!box.isNear) return;

  describe("an agent loop with servers of its own", () => {
    const model = useFakeBackend();
    const tools = useFakeBackend();
    const receiver = useFakeBackend();

    const body = () => ({
      name: "Clerk",
      system_prompt: "You are a clerk.",
      user_message: "How warm is it in Rome?",
      model: {
        provider: "openai",
        name: "gpt-4o",
        base_url: `${model.url}/v1`,
        api_key: "sk-fake-0123456789",
      },
      tools: [{ type: "mcp", name: "weather", url: tools.url, headers: { "X-Room": "blue" } }],
      callback: { url: receiver.url },
    });

    it("lets the model use its tools, and sends what came of it, signed", async () => {
      const call = { id: "call_1", name: "weather_temperature", args: { city: "Rome" } };
      model.answer(
        modelSays("openai", { calls: [call], tokens: [20, 5] }),
        modelSays("openai", { text: "It is 21 degrees.", tokens: [30, 6] }),
      );
      tools.answer(
        mcpAnswer({
          tools: [{ name: "temperature" }],
          call: (_, { city }) => ({ content: [{ type: "text", text: `21 in ${String(city)}` }] }),
        }),
      );
      receiver.answer(answers.status(204));

      const created = await box.call("createAgentLoop", { body: body() });
      const execution = await runToItsEnd(box, created.body.data.id);

      expect(execution).toMatchObject({
        status: "completed",
        result: { output: "It is 21 degrees.", iterations_used: 2, tool_calls: 1 },
        metadata: { tokens_used: 61 },
      });
      expect(model.requests[0]?.headers["authorization"]).toBe("Bearer sk-fake-0123456789");
      expect(tools.requests[0]?.headers["x-room"]).toBe("blue");
      const steps = await box.call("listSteps", { params: { id: execution.id } });
      expect(steps.body.data).toMatchObject([
        { kind: "model", tool_calls: [{ name: "weather_temperature" }] },
        { kind: "tool", server: "weather", tool: "temperature", result: "21 in Rome" },
        { kind: "model", text: "It is 21 degrees." },
      ]);

      await receiver.received(1);
      const sent = receiver.requests[0]!;
      // Sent strings are all that a receiver checks.
      const headers = sent.headers as Record<string, string>;
      const verified = new Webhook(created.body.data.signing_secret).verify(sent.body, headers);
      expect(verified).toMatchObject({ execution_id: execution.id, status: "completed" });
      const params = { id: execution.callback_delivery_id };
      const delivered = await eventually(
        () => box.call("getDelivery", { params }),
        (answer) => answer.body.data.status === "succeeded",
      );
      expect(delivered.body.data).toMatchObject({ status: "succeeded", attempt_count: 1 });
    });

    it("waits when its model asks for it, and goes on from its steps", async () => {
      const call = { id: "call_1", name: "weather_temperature", args: {} };
      const slowDown = { status: 429, headers: { "retry-after": "1" } };
      model.answer(
        modelSays("openai", { calls: [call] }),
        answers.json({ error: { message: "Slow down." } }, slowDown),
        modelSays("openai", { text: "It is warm." }),
      );
      tools.answer(mcpAnswer({ tools: [{ name: "temperature" }] }));
      const id = await make(box, "createAgentLoop", { body: { ...body(), callback: null } });
      expect(await runToItsEnd(box, id)).toMatchObject({
        status: "completed",
        result: { output: "It is warm.", iterations_used: 2, tool_calls: 1 },
      });
      expect(model.requests).toHaveLength(3);
    });

    it("is cancelled while the model thinks", async () => {
      model.answer(answers.hang());
      tools.answer(mcpAnswer({ tools: [] }));
      const loop_id = await make(box, "createAgentLoop", { body: { ...body(), callback: null } });
      const params = { id: await make(box, "runAgentLoop", { params: { id: loop_id } }) };
      await model.received(1);
      const { status, body: cancelled } = await box.call("cancelExecution", { params });
      expect([status, cancelled.data.status]).toEqual([200, "cancelled"]);
      const read = await box.call("getExecution", { params });
      expect(read.body.data.status).toBe("cancelled");
    });
  });
}
