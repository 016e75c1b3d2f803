import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { answers, held } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import {
  doneFor,
  type HangingTeam,
  kindsOfWork,
  openHangingTeam,
} from "#test/support/hanging-team";
import { aLoop } from "#test/support/make";
import { askAs } from "#test/support/one-of-each";
import { type TestTeam, usePlatform } from "#test/support/test-platform";

const functions = 4;
const platform = usePlatform({ functions });
/** What is at work now becomes slow. */
const slowDown = () => platform.advance(1_000);
/** Waits while seconds go by, seldom enough that nothing that is fast is taken for slow. */
async function asTimeGoes(done: Promise<unknown>): Promise<void> {
  const over = done.then(() => true);
  do slowDown();
  while (!(await Promise.race([over, sleep(1_000, false)])));
}
let team: TestTeam;
let hanging: HangingTeam;
beforeEach(async () => {
  team = await platform.team();
  hanging = await openHangingTeam(askAs(platform, team.key));
});
// Hung up on, its calls fail; what is tried again meets nobody.
afterEach(async () => {
  await hanging.close();
  await platform.settle();
});

describe("A team whose servers all hang", () => {
  it.each(kindsOfWork)("has another team's %s done meanwhile", async (kind) => {
    await hanging.fill(kind, functions, 3 * functions);
    const other = await platform.team();
    await asTimeGoes(doneFor(askAs(platform, other.key), kind));
    const { pk } = keys.team(team.id);
    const rows = await platform.table.queryAll({ pk });
    const field = kind === "callbacks" ? "callback_slow_until" : "slow_until";
    const marks = rows.flatMap((row) => row[field] ?? []);
    expect(marks).not.toEqual([]);
    for (const mark of marks) {
      expect(mark).toBeGreaterThan(platform.clock() + 300_000);
      expect(mark).toBeLessThanOrEqual(platform.clock() + 600_000);
    }
  });

  it("is written down as slow once, however much of it hangs", async () => {
    await hanging.fill("chats", 1, 3);
    await hanging.backend.received(3);
    let marks = 0;
    platform.faults = ({ operation, input }) => {
      if (operation === "UpdateItem" && JSON.stringify(input).includes("slow_until")) marks++;
      return undefined;
    };
    slowDown();
    await doneFor(askAs(platform, (await platform.team()).key), "chats");
    expect(marks).toBe(1);
  });

  it("is not called for what is turned away", async () => {
    await hanging.fill("chats", functions, functions);
    slowDown();
    const other = await platform.team();
    await doneFor(askAs(platform, other.key), "chats");
    const { requests } = hanging.backend;
    const called = requests.length;
    const rows = await platform.table.queryAll({ pk: keys.team(team.id).pk });
    const bot = rows.find(({ slow_until }) => slow_until !== undefined);
    const channels = (await askAs(platform, team.key)("listChannels", {
      params: { bot_id: String(bot?.["id"]) },
    })) as { id: string }[];
    const { body } = await platform.call("sendMessage", {
      as: team.key,
      params: { id: channels[0]!.id },
      body: { user: { id: "late" }, content: "Hello?" },
    });
    const { conversation_id } = body.data.message;
    const key = keys.conversationWork(team.id, conversation_id);
    const work = () => platform.table.get(key);
    while ((await work())?.["turned_away"] !== 1) await sleep(5);
    expect(await work()).toMatchObject({ claims: 0, due_at: expect.any(Number) });
    const now = platform.clock();
    expect(Number((await work())?.["not_before"]) - now).toBeGreaterThanOrEqual(1_000);
    expect(Number((await work())?.["not_before"]) - now).toBeLessThanOrEqual(2_000);
    expect(requests.length).toBe(called);
    // Somebody waits, so it is tried each minute, however often it was turned away.
    await platform.table.update(key, { set: { turned_away: 30 } });
    platform.advance(2_000);
    while ((await work())?.["turned_away"] !== 31) await sleep(5);
    expect(await work()).toMatchObject({ not_before: platform.clock() + 60_000 });
  });

  it("has executions queued until there is a place, so that their time does not run", async () => {
    await hanging.fill("executions", functions, functions);
    const other = await platform.team();
    await asTimeGoes(doneFor(askAs(platform, other.key), "executions"));
    const rows = await platform.table.queryAll({ pk: keys.team(team.id).pk });
    const loop = rows.find(({ slow_until }) => slow_until !== undefined);
    const { body } = await platform.call("runAgentLoop", {
      as: team.key,
      params: { id: String(loop?.["id"]) },
    });
    const { id } = body.data;
    const work = () => platform.table.get(keys.executionWork(team.id, id));
    while ((await work())?.["turned_away"] !== 1) await sleep(5);
    const found = await platform.call("getExecution", { as: team.key, params: { id } });
    expect(found.body.data).toMatchObject({ status: "queued" });
  });
});

describe("A tool call that may have effects", () => {
  it("is not broken off for want of a place", async () => {
    await hanging.fill("executions", 1, 1);
    slowDown();
    const place = keys.place("executions", 0);
    while ((await platform.table.queryAll({ pk: place.pk })).length === 0) await sleep(5);
    const site = hanging.backend;
    const before = site.requests.length;
    const late = held(answers.json({ done: true }));
    site.answer(
      modelSays("openai", {
        text: "",
        calls: [{ id: "a", name: "http_request", args: { method: "POST", url: site.url } }],
        tokens: [1, 1],
      }),
      late.answer,
      modelSays("openai", { text: "Done.", tokens: [1, 1] }),
    );
    const loop = await aLoop(platform, team.key, {
      model: { provider: "openai", name: "fake", base_url: `${site.url}/v1` },
      tools: [{ type: "http" }],
    });
    const run = await platform.call("runAgentLoop", { as: team.key, params: { id: loop.id } });
    await site.received(before + 2);
    slowDown();
    const loopRow = () => platform.table.get(keys.agentLoop(team.id, loop.id));
    while ((await loopRow())?.["slow_until"] === undefined) await sleep(5);
    // Calls to the table are answered in order: by the last of these it is known that there is no place.
    for (let calls = 0; calls < 5; calls++) await loopRow();
    late.release();
    const steps = async () =>
      (await platform.call("listSteps", { as: team.key, params: { id: run.body.data.id } })).body
        .data;
    while ((await steps()).length < 2 || (await steps())[1].status !== "finished") await sleep(20);
    expect((await steps()).slice(0, 2)).toMatchObject([
      { kind: "model" },
      { kind: "tool", is_error: false },
    ]);
    expect(site.requests.slice(before).filter(({ path }) => path === "/")).toHaveLength(1);
  });
});
