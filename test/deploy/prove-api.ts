import type { Deployment } from "./deployment.ts";
import { phase } from "./phase.ts";

/** Proves that what is deployed passes the e2e suite, with two teams made for it; gives the id of the first. */
export async function proveApi(deployment: Deployment): Promise<string> {
  const [first, other] = await phase("  Makes two teams", async () => [
    await deployment.makeTeam("Acme"),
    await deployment.makeTeam("Other"),
  ]);
  await phase(
    "  Tests the API",
    () => deployment.testApi(first.api_key, other.api_key),
    (told) => told,
  );
  return first.team_id;
}
