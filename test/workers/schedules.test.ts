import { beforeEach, describe, expect, it } from "@jest/globals";
import { answers, startFakeBackend } from "#test/support/fake-backend";
import { aLoop } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
let key: string;
beforeEach(async () => {
  ({ key } = await platform.team());
});

const minute = 60_000;
const executionsOf = async (id: string) =>
  (await platform.call("listExecutions", { as: key, params: { id } })).body.data as {
    status: string;
    trigger: string;
    created_at: string;
    metadata: { scheduled_for: string };
  }[];
const nextOf = async (id: string) =>
  (await platform.call("getAgentLoop", { as: key, params: { id } })).body.data.next_run_at;

/** Lets time pass as it does: the sweeper comes each minute. */
async function pass(minutes: number) {
  for (let count = 0; count < minutes; count++) {
    await platform.sweep();
    platform.advance(minute);
    await platform.settle();
  }
}

describe("a schedule", () => {
  it("starts one execution at each due time", async () => {
    const { id } = await aLoop(platform, key, { schedule: { every_minutes: 5 } });
    const anchor = platform.clock();
    await pass(16);
    const executions = await executionsOf(id);
    expect(executions.map(({ metadata }) => Date.parse(metadata.scheduled_for) - anchor)).toEqual([
      15 * minute,
      10 * minute,
      5 * minute,
    ]);
    expect(executions.every(({ trigger }) => trigger === "schedule")).toBe(true);
    expect(Date.parse(await nextOf(id)) - anchor).toBe(20 * minute);
  });

  it("starts one execution for all the times that were missed", async () => {
    const { id } = await aLoop(platform, key, { schedule: { every_minutes: 5 } });
    const anchor = platform.clock();
    platform.advance(63 * minute);
    await platform.sweep();
    await platform.settle();
    expect(await executionsOf(id)).toHaveLength(1);
    expect(Date.parse(await nextOf(id)) - anchor).toBe(65 * minute);
  });

  it("starts one execution however often its message comes", async () => {
    const { id } = await aLoop(platform, key, { schedule: { every_minutes: 5 } });
    platform.advance(5 * minute);
    await Promise.all([platform.sweep(), platform.sweep(), platform.sweep()]);
    await platform.settle();
    expect(await executionsOf(id)).toHaveLength(1);
  });

  it("passes over a due time while the last execution runs, unless overlap is allowed", async () => {
    const model = await startFakeBackend();
    model.answer(answers.status(503, { "retry-after": "3000" }));
    const busy = {
      model: { provider: "openai", name: "m", base_url: `${model.url}/v1` },
      timeout_seconds: 86_400,
    };
    const skips = await aLoop(platform, key, { ...busy, schedule: { every_minutes: 5 } });
    const allows = await aLoop(platform, key, {
      ...busy,
      schedule: { every_minutes: 5, overlap: "allow" },
    });
    await pass(16);
    await model.close();
    expect(await executionsOf(skips.id)).toHaveLength(1);
    expect(await executionsOf(allows.id)).toHaveLength(3);
  });

  it("keeps the local hour over a change of the clocks", async () => {
    // Clocks go forward in Berlin on 29 March 2026 at 02:00.
    const { id } = await aLoop(platform, key, {
      schedule: { cron: "30 9 28,29 3 *", timezone: "Europe/Berlin" },
    });
    expect(await nextOf(id)).toBe("2026-03-28T08:30:00.000Z");
    platform.advance(Date.parse("2026-03-28T08:30:01.000Z") - platform.clock());
    await platform.sweep();
    await platform.settle();
    expect(await executionsOf(id)).toHaveLength(1);
    expect(await nextOf(id)).toBe("2026-03-29T07:30:00.000Z");
  });

  it.each([{ every_minutes: 7 }, { cron: "0 4 * * *" }])(
    "has its run at a due time although it is changed at that moment, and goes on as changed: %j",
    async (schedule) => {
      const { id } = await aLoop(platform, key, { schedule: { every_minutes: 5 } });
      const due = platform.clock() + 5 * minute;
      platform.advance(5 * minute + 1);
      const patched = await platform.call("updateAgentLoop", {
        as: key,
        params: { id },
        body: { schedule },
      });
      expect(patched.status).toBe(200);
      const changedAt = platform.clock();
      await pass(1);
      const executions = await executionsOf(id);
      expect(executions.map(({ metadata }) => Date.parse(metadata.scheduled_for))).toEqual([due]);
      const next = Date.parse(await nextOf(id));
      if ("every_minutes" in schedule) expect(next).toBe(changedAt + 7 * minute);
      else expect(new Date(next).toISOString().slice(11)).toBe("04:00:00.000Z");
    },
  );

  it("has one run for a due time, however often it is changed then", async () => {
    const { id } = await aLoop(platform, key, { schedule: { every_minutes: 5 } });
    platform.advance(5 * minute);
    const change = (every_minutes: number) =>
      platform.call("updateAgentLoop", {
        as: key,
        params: { id },
        body: { schedule: { every_minutes } },
      });
    for (let round = 0; round < 10; round++) {
      platform.advance(1_000);
      await Promise.all([change(60 + round), platform.sweep(), change(80 + round)]);
    }
    await pass(2);
    expect(await executionsOf(id)).toHaveLength(1);
  });

  it("stops with its loop", async () => {
    const { id } = await aLoop(platform, key, { schedule: { every_minutes: 5 } });
    await platform.call("updateAgentLoop", {
      as: key,
      params: { id },
      body: { status: "paused" },
    });
    await pass(11);
    expect(await executionsOf(id)).toHaveLength(0);
  });
});
