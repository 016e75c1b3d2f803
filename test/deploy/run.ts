// `npm run test:deploy [-- server|updates|import|rights]`: runs the local server over an emulator of AWS, and deploys
// everything to it: to update and destroy it, to bring it back to data that was kept, and with every policy enforced.
import { mkdirSync, rmSync } from "node:fs";
import { endAll } from "./command.ts";
import { installEmulator, startEmulator, workFolder } from "./emulator.ts";
import { phase, say, secondsSoFar } from "./phase.ts";
import { proveImport } from "./prove-import.ts";
import { proveRights } from "./prove-rights.ts";
import { proveServer } from "./prove-server.ts";
import { proveUpdates } from "./prove-updates.ts";

// Nothing that was begun here outlives it, however it ends.
process.on("exit", endAll);
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => process.exit(130));
}

const proofs = [
  {
    name: "server",
    title: "The local server over table, queues and key of the emulator:",
    enforces: false,
    prove: proveServer,
  },
  {
    name: "updates",
    title: "Deploying, testing, updating and destroying:",
    enforces: false,
    prove: proveUpdates,
  },
  {
    name: "import",
    title: "Back to a table and a key that were kept:",
    enforces: false,
    prove: proveImport,
  },
  {
    name: "rights",
    title: "Every function with its own rights only:",
    enforces: true,
    prove: proveRights,
  },
] as const;

/** Runs all proofs, or those that are named. */
async function prove(names: readonly string[]): Promise<void> {
  rmSync(workFolder, { recursive: true, force: true });
  mkdirSync(workFolder, { recursive: true });
  await phase("Makes the emulator ready", installEmulator);
  for (const { name, title, enforces, prove } of proofs) {
    if (names.length > 0 && !names.includes(name)) continue;
    say(title);
    const emulator = await phase("  Starts the emulator", () => startEmulator(name, { enforces }));
    try {
      await prove(emulator);
    } finally {
      await emulator.stop();
    }
  }
  say(`All of it holds, after ${secondsSoFar()} s. Logs are in ${workFolder}.`);
}

try {
  await prove(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? explain(error) : String(error)}\n`);
  process.exitCode = 1;
}

function explain(error: Error): string {
  return error.cause instanceof Error ? `${error.message}\n${explain(error.cause)}` : error.message;
}
