import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import type { RunningPlatform } from "./deployment.ts";
import type { Emulator } from "./emulator.ts";
import { phase } from "./phase.ts";

/** Proves that a platform passes the e2e suite, with two teams made for it; gives the id of the first. */
export async function proveApi(emulator: Emulator, platform: RunningPlatform): Promise<string> {
  const [first, other] = await phase("Makes two teams", async () => [
    await makeTeam(platform, "Acme"),
    await makeTeam(platform, "Other"),
  ]);
  await phase(
    "Tests the API",
    () => testApi(emulator, platform, first.api_key, other.api_key),
    (told) => told,
  );
  return first.team_id;
}

const makeTeam = async ({ team }: RunningPlatform, name: string) =>
  // What the command promises, held by its own test.
  JSON.parse(await team("create", "--name", name, "--plan", "enterprise")) as {
    team_id: string;
    api_key: string;
  };

/** Runs the e2e suite with the keys of two teams. Gives its last lines. */
async function testApi(
  { env, folder }: Emulator,
  { apiUrl }: RunningPlatform,
  first: string,
  other: string,
): Promise<string> {
  const log = join(folder, "e2e.log");
  // A test that hangs is named before all of them are given up.
  await run("npm", ["test", "--", "test/e2e/api.test.ts", "--testTimeout", "180000"], {
    env: { ...env, API_URL: apiUrl(), API_KEY: first, OTHER_API_KEY: other },
    timeout_seconds: 400,
    log,
  });
  // Jest reports to stderr, which the log has.
  return /Tests: +(.*)/.exec(readFileSync(log, "utf8"))?.[1] ?? "";
}
