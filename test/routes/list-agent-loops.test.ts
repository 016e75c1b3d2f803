import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { copyRow } from "#test/support/copied-rows";
import { aLoop } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

describe("GET /v1/agent-loops", () => {
  itRefuses("listAgentLoops", platform, async (as) => ({ as }));

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

  it("refuses a page that is larger than an answer can be, and says how many rows may be asked", async () => {
    const { key, id: team_id } = await platform.team();
    const long = "я".repeat(20_000);
    const loop = await aLoop(platform, key, { system_prompt: long, user_message: long });
    await copyRow(platform, loop, (id) => keys.agentLoop(team_id, id), 84);
    const page = (per_page: number) =>
      platform.call("listAgentLoops", { as: key, query: { per_page } });
    const { status, body } = await page(100);
    expect([status, body.error.details]).toEqual([
      422,
      [
        {
          path: "query.per_page",
          message: expect.stringMatching(
            /^Must be about \d\d here: more of these rows exceed 6 MB\.$/,
          ),
        },
      ],
    ]);
    const fewer = Number(/\d\d/.exec(body.error.details[0].message)![0]);
    const fits = await page(fewer);
    expect([fits.status, fits.body.data.length]).toEqual([200, fewer]);
    expect(Buffer.byteLength(JSON.stringify(fits.text))).toBeGreaterThan(5_000_000);
  });
});
