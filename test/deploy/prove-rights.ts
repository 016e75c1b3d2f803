import { setTimeout as sleep } from "node:timers/promises";
import { worker as sweep } from "#functions/workers/sweep/worker";
import { createDeployment } from "./deployment.ts";
import type { Emulator } from "./emulator.ts";
import { type DeployedFunction, deployedFunctions, logsOf } from "./functions.ts";
import { phase } from "./phase.ts";
import { proveApi } from "./prove-api.ts";

const refused = /AccessDenied|is not authorized to perform/;
const woken = /"event":"sweep","swept":[1-9]/;

/**
 * Proves that what each function is allowed is enough: where every policy is enforced the e2e suite passes, every
 * function has run, and none was refused anything.
 */
export async function proveRights(emulator: Emulator): Promise<void> {
  const deployment = await createDeployment(emulator);
  await phase("Bootstraps the account", deployment.bootstrap);
  await phase("Deploys", () => deployment.deploy("bundles"));
  const teamId = await proveApi(emulator, deployment);
  const functions = await deployedFunctions(emulator);
  await phase("Deletes a team, which the sweeper finds", async () => {
    await deployment.deleteTeam(teamId);
    await untilSwept(emulator, functions);
  });
  await phase(
    "Reads the logs of all functions",
    () => logsOf(emulator, functions),
    (logs) => {
      refuseRefusals(logs);
      refuseSilence(logs);
      return `${logs.size} functions ran, none was refused anything`;
    },
  );
}

type Logs = ReadonlyMap<DeployedFunction, readonly string[]>;

function refuseRefusals(logs: Logs): void {
  const refusals = [...logs].flatMap(([{ description }, lines]) =>
    lines.filter((line) => refused.test(line)).map((line) => `${actionIn(line)}: ${description}`),
  );
  if (refusals.length === 0) return;
  throw new Error(`Functions lack rights:\n${[...new Set(refusals)].join("\n")}`);
}

const actionIn = (line: string) =>
  /not authorized to perform: ([\w:-]+)/.exec(line)?.[1] ?? line.slice(0, 200);

function refuseSilence(logs: Logs): void {
  const silent = [...logs].filter(([, lines]) => lines.length === 0);
  if (silent.length === 0) return;
  const names = silent.map(([{ description }]) => description).join("\n");
  throw new Error(`These never ran, so nothing is known of their rights:\n${names}`);
}

/** Waits until the sweeper has woken a worker: it runs each minute. Throws when a function is refused something. */
async function untilSwept(
  emulator: Emulator,
  functions: readonly DeployedFunction[],
): Promise<void> {
  const end = performance.now() + 150_000;
  while (performance.now() < end) {
    const logs = await logsOf(emulator, functions);
    refuseRefusals(logs);
    const sweeps = [...logs].filter(([{ description }]) => description.startsWith(sweep.summary));
    if (sweeps.some(([, lines]) => lines.some((line) => woken.test(line)))) return;
    await sleep(5_000);
  }
  throw new Error("The sweeper did not find the team's erasure within 150 s.");
}
