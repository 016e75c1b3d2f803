// `npm run test:deploy [-- server|updates|import|rights]`: runs the local server over an emulator of AWS, and deploys
// everything to it: to update and destroy it, to bring it back to data that was kept, and with every policy enforced.
import { mkdirSync, rmSync } from "node:fs";
import { endAll } from "./command.ts";
import { type Emulator, installEmulator, startEmulator, workFolder } from "./emulator.ts";
import { inProof, phase, say, secondsSoFar } from "./phase.ts";
import { proveImport } from "./prove-import.ts";
import { proveRights } from "./prove-rights.ts";
import { proveServer } from "./prove-server.ts";
import { proveUpdates } from "./prove-updates.ts";

// Nothing that was begun here outlives it, however it ends.
process.on("exit", endAll);
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => process.exit(130));
}

interface Proof {
  readonly name: string;
  readonly title: string;
  readonly enforces: boolean;
  readonly prove: (emulator: Emulator) => Promise<void>;
}

/** Those of a lane follow each other, and lanes run beside each other: they mostly wait for the CDK, and take as long each. */
const lanes: readonly (readonly Proof[])[] = [
  [
    {
      name: "server",
      title: "The local server over table, queues and key of the emulator",
      enforces: false,
      prove: proveServer,
    },
    {
      name: "rights",
      title: "Every function with its own rights only",
      enforces: true,
      prove: proveRights,
    },
  ],
  [
    {
      name: "updates",
      title: "Deploying, testing, updating and destroying",
      enforces: false,
      prove: proveUpdates,
    },
  ],
  [
    {
      name: "import",
      title: "Back to a table and a key that were kept",
      enforces: false,
      prove: proveImport,
    },
  ],
];

/** Runs all proofs to their ends, or those that are named. Throws what any of them threw. */
async function prove(names: readonly string[]): Promise<void> {
  rmSync(workFolder, { recursive: true, force: true });
  mkdirSync(workFolder, { recursive: true });
  await phase("Makes the emulator ready", installEmulator);
  const ends = await Promise.allSettled(
    lanes.map(async (lane) => {
      const asked = lane.filter(({ name }) => names.length === 0 || names.includes(name));
      for (const proof of asked) await inProof(proof.name, () => run(proof));
    }),
  );
  const errors = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
  if (errors.length > 0) throw new AggregateError(errors);
  say(`All of it holds, after ${secondsSoFar()} s. Logs are in ${workFolder}.`);
}

async function run({ name, title, enforces, prove }: Proof): Promise<void> {
  say(title);
  const emulator = await phase("Starts the emulator", () => startEmulator(name, { enforces }));
  try {
    await prove(emulator);
  } finally {
    await emulator.stop();
  }
}

try {
  await prove(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
} finally {
  // A proof that fails leaves what it began, and whoever waits for this program would wait for that too.
  endAll();
}

function explain(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(explain).join("\n");
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}\n${explain(error.cause)}` : error.message;
}
