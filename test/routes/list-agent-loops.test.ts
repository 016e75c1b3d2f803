import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { aLoop } from "#test/support/agent-loops";
import { itRefuses } from "#test/support/refusals";
import { startTestPlatform, type TestPlatform } from "#test/support/test-platform";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform.close());

describe("GET /v1/agent-loops", () => {
  itRefuses(
    "listAgentLoops",
    () => platform,
    async (as) => ({ as }),
  );

  it("lists newest first, by status and by a part of the name", async () => {
    const { key } = await platform.team();
    for (const name of ["Alpha report", "Beta", "Gamma REPORT"]) {
      platform.advance(5);
      await aLoop(platform, key, { name, status: name === "Beta" ? "paused" : "active" });
    }
    const names = async (query: Record<string, string>) => {
      const { body } = await platform.call("listAgentLoops", { as: key, query });
      return [body.data.map(({ name }: { name: string }) => name), body.meta.total];
    };
    expect(await names({})).toEqual([["Gamma REPORT", "Beta", "Alpha report"], 3]);
    expect(await names({ name: "report" })).toEqual([["Gamma REPORT", "Alpha report"], 2]);
    expect(await names({ status: "paused" })).toEqual([["Beta"], 1]);
  });
});
