import { beforeAll, describe, expect, it } from "@jest/globals";
import { hearEveryone } from "#shared/runtime/announce";
import { keys } from "#shared/table/keys";
import { withLog } from "#test/support/log-lines";
import { aLoop } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
// As on one machine.
beforeAll(hearEveryone);

const aTeamsLoop = async () => {
  const { key, id: team_id } = await platform.team();
  const { id } = await aLoop(platform, key);
  const run = async () =>
    (await platform.call("runAgentLoop", { as: key, params: { id } })).body.data;
  const counter = keys.executionCounter(team_id, id);
  const last = async () => (await platform.table.get(counter))!["last_number"];
  return { counter, run, last };
};

describe("Executions that one process begins", () => {
  it("are numbered without gaps, and their counter is read but once", async () => {
    const { run, last } = await aTeamsLoop();
    await run();
    const { lines } = await withLog(() => Promise.all(Array.from({ length: 10 }, run)));
    expect(await last()).toBe(11);
    const calls = lines
      .filter(({ route }) => route === "runAgentLoop")
      .map((line) => line["calls"]);
    // Admission, the loop, the transaction, the queue.
    expect(calls).toEqual(Array.from({ length: 10 }, () => 4));
  });

  it("go on behind those that another process has begun meanwhile", async () => {
    const { counter, run, last } = await aTeamsLoop();
    await run();
    await platform.table.update(counter, { set: { last_number: 7 } });
    await run();
    await run();
    expect(await last()).toBe(9);
  });
});
