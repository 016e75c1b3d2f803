import { describe, expect, it } from "@jest/globals";
import type { BlackBox } from "#test/support/black-box";
import { eventually, make } from "./make.ts";

const loop = {
  name: "Report",
  system_prompt: "You write reports.",
  user_message: "Report about {{city}}.",
};
// Nobody has this address: what is sent there fails, at every home of the platform alike.
const nowhere = "https://backend.example.com/done";

/** Runs a loop and gives its execution when it has ended. */
export async function runToItsEnd(box: BlackBox, loop_id: string, body: object = {}) {
  const id = await make(box, "runAgentLoop", { params: { id: loop_id }, body });
  const ended = await eventually(
    () => box.call("getExecution", { params: { id } }),
    ({ body }) => !["queued", "running"].includes(body.data.status),
  );
  return ended.body.data;
}

/** Agent loops over the model that needs no server. */
export function agentLoops(box: BlackBox): void {
  describe("an agent loop", () => {
    it("is made, read, changed, listed and deleted", async () => {
      const name = `Report ${crypto.randomUUID()}`;
      const created = await box.call("createAgentLoop", { body: { ...loop, name } });
      const { signing_secret, ...shown } = created.body.data;
      const { id } = shown;
      expect([created.status, signing_secret]).toEqual([201, null]);
      expect(created.headers.get("location")).toBe(`/v1/agent-loops/${id}`);
      expect((await box.call("getAgentLoop", { params: { id } })).body.data).toEqual(shown);

      const updated = await box.call("updateAgentLoop", {
        params: { id },
        body: {
          model: { provider: "openai", name: "gpt-5-mini", api_key: "sk-abcdefghijkl3kf9" },
          user_message: "Report about the year.",
          schedule: { cron: "0 9 1 1 *" },
        },
      });
      expect([updated.status, updated.body.error]).toEqual([200, undefined]);
      const { signing_secret: noSecret, ...now } = updated.body.data;
      expect(noSecret).toBeNull();
      expect(now).toMatchObject({
        model: { provider: "openai", api_key: "••••3kf9" },
        next_run_at: expect.stringMatching(/-01-01T09:00:00/),
      });

      const listed = await box.call("listAgentLoops", { query: { name } });
      expect(listed.body.data).toEqual([now]);
      const deleted = await box.call("deleteAgentLoop", { params: { id } });
      expect([deleted.status, deleted.body]).toEqual([200, { data: { id, deleted: true } }]);
      expect((await box.call("getAgentLoop", { params: { id } })).status).toBe(404);
    });

    it("is run with variables, and its execution and its steps are kept", async () => {
      const id = await make(box, "createAgentLoop", { body: loop });
      const execution = await runToItsEnd(box, id, { variables: { city: "Rome" } });
      expect(execution).toMatchObject({
        agent_loop_id: id,
        status: "completed",
        trigger: "api",
        result: { output: "Report about Rome.", iterations_used: 1, tool_calls: 0 },
        error: null,
      });
      const steps = await box.call("listSteps", { params: { id: execution.id } });
      expect(steps.body.data).toMatchObject([
        { number: 1, kind: "model", status: "finished", text: "Report about Rome." },
      ]);
      const listed = await eventually(
        () => box.call("listExecutions", { params: { id }, query: { status: "completed" } }),
        ({ body }) => body.data.length === 1,
      );
      expect(listed.body.data).toMatchObject([{ id: execution.id }]);
      const cancelled = await box.call("cancelExecution", { params: { id: execution.id } });
      expect(cancelled).toBeRefused(409, "conflict");
    });

    it("keeps the delivery of a failed callback with its attempts, and tries again when asked", async () => {
      const body = { ...loop, callback: { url: nowhere } };
      const created = await box.call("createAgentLoop", { body });
      const { id, signing_secret } = created.body.data;
      expect(signing_secret).toMatch(/^whsec_/);
      const { callback_delivery_id } = await runToItsEnd(box, id, {
        variables: { city: "Oslo" },
      });
      const params = { id: callback_delivery_id };
      const attempted = (count: number) =>
        eventually(
          () => box.call("getDelivery", { params }),
          ({ body }) => body.data.attempt_count >= count,
        );
      const failed = await attempted(1);
      expect(failed.body.data).toMatchObject({ url: nowhere, status: "pending" });
      expect(failed.body.data.attempts[0].error).toEqual(expect.any(String));
      expect((await box.call("retryDelivery", { params })).status).toBe(200);
      expect((await attempted(2)).body.data.attempt_count).toBeGreaterThanOrEqual(2);

      const rotated = await box.call("rotateAgentLoopSecret", { params: { id } });
      expect(rotated.body.data.signing_secret).toMatch(/^whsec_/);
      expect(rotated.body.data.signing_secret).not.toBe(signing_secret);
    });
  });
}
