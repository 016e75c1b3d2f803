import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { apiOf, askOf } from "#lib/api";
import { inMemory } from "#lib/local/data-folder";
import { type LocalPlatform, startPlatform } from "#lib/local/platform";
import type { Ask } from "#lib/one-of-each";
import { createMint } from "#shared/runtime/mint";
import { liveTable } from "#shared/table/live-table";
import { createTeam } from "#shared/teams/create-team";
import { createTeamStore } from "#shared/teams/team-store";
import {
  doneFor,
  type HangingTeam,
  kindsOfWork,
  openHangingTeam,
} from "#test/support/hanging-team";

const functions = 4;
let platform: LocalPlatform;
beforeAll(async () => {
  platform = await startPlatform({ port: 0, dataDir: inMemory, functionsOfWorker: functions });
});
afterAll(() => (platform as LocalPlatform | undefined)?.stop());

async function newTeam(): Promise<Ask> {
  const input = { name: "Acme", plan: "enterprise" as const };
  const teams = createTeamStore(liveTable());
  const { api_key } = await createTeam({ teams }, input, createMint(Date.now()));
  return askOf(apiOf(platform.url, api_key));
}

let hanging: HangingTeam;
beforeEach(async () => {
  hanging = await openHangingTeam(await newTeam());
});
afterEach(() => hanging.close());

describe("On one machine, a team whose servers all hang", () => {
  it.each(kindsOfWork)("has another team's %s done meanwhile", async (kind) => {
    await hanging.fill(kind, functions, 3 * functions);
    await doneFor(await newTeam(), kind);
  });
});
