import { beforeAll, describe, expect, it } from "@jest/globals";
import type { BlackBox } from "#test/support/black-box";
import { eventually } from "./make.ts";

/** Makes a loop that is due at every minute before anything else is tested; what is given back tests what came of it. */
export function schedules(box: BlackBox): () => void {
  let id: string;
  let madeAt: string;
  beforeAll(async () => {
    const created = await box.call("createAgentLoop", {
      body: {
        name: "Watch",
        system_prompt: "You keep watch.",
        user_message: "All is well.",
        schedule: { cron: "* * * * *" },
      },
    });
    ({ id, created_at: madeAt } = created.body.data);
  });

  return () =>
    describe("an agent loop with a schedule", () => {
      it("is run when it is due, once, without anybody asking", async () => {
        const listed = await eventually(
          () => box.call("listExecutions", { params: { id }, query: { status: "completed" } }),
          ({ body }) => body.data.length > 0,
          150,
        );
        const runs = listed.body.data as { created_at: string }[];
        expect(runs[0]).toMatchObject({
          trigger: "schedule",
          result: { output: "All is well.", iterations_used: 1 },
        });
        const minutes = runs.map(({ created_at }) => created_at.slice(0, 16));
        expect(new Set(minutes).size).toBe(runs.length);
        expect(minutes.every((minute) => minute > madeAt.slice(0, 16))).toBe(true);
        const { body } = await box.call("getAgentLoop", { params: { id } });
        expect(body.data.next_run_at > runs[0]!.created_at).toBe(true);
        expect((await box.call("deleteAgentLoop", { params: { id } })).status).toBe(200);
      });
    });
}
