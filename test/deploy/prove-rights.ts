import { setTimeout as sleep } from "node:timers/promises";
import { worker as sweep } from "#functions/workers/sweep/worker";
import type { Deployment } from "./deployment.ts";
import type { Emulator } from "./emulator.ts";
import { type DeployedFunction, deployedFunctions, logsOf } from "./functions.ts";
import { phase } from "./phase.ts";

const refused = /AccessDenied|is not authorized to perform/;
const swept = /"event":"sweep"/;
const woken = /"event":"sweep","swept":[1-9]/;

/**
 * Proves that what each function is allowed is enough: after the e2e suite, and the end of the team that it ran with,
 * every function has run, and none was refused anything.
 */
export async function proveRights(
  emulator: Emulator,
  deployment: Deployment,
  teamId: string,
): Promise<void> {
  const functions = await deployedFunctions(emulator);
  await phase("Deletes a team, which the sweeper finds", async () => {
    const sweeper = functions.find(({ description }) => description.startsWith(sweep.summary));
    if (sweeper === undefined) throw new Error("There is no sweeper.");
    // It comes by itself, each minute: it is asked only to come now.
    await untilLogged(emulator, sweeper, swept, 0);
    const before = await timesLogged(emulator, sweeper, woken);
    await deployment.deleteTeam(teamId);
    await emulator.ask([["lambda", "invoke", { FunctionName: sweeper.name }]]);
    await untilLogged(emulator, sweeper, woken, before);
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

/** How many lines of a function's log are of a kind. Throws when it was refused something. */
async function timesLogged(emulator: Emulator, one: DeployedFunction, line: RegExp) {
  const logs = await logsOf(emulator, [one]);
  refuseRefusals(logs);
  return [...logs.values()].flat().filter((text) => line.test(text)).length;
}

/** Waits until a function has logged more lines of a kind than it had. */
async function untilLogged(
  emulator: Emulator,
  one: DeployedFunction,
  line: RegExp,
  before: number,
): Promise<void> {
  const end = performance.now() + 150_000;
  while ((await timesLogged(emulator, one, line)) <= before) {
    if (performance.now() > end) {
      throw new Error(`Within 150 s it did not log ${line.source}: ${one.description}`);
    }
    await sleep(2_000);
  }
}
