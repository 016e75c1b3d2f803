import { mkdirSync, rmSync } from "node:fs";
import { leaveNothingBehind } from "#lib/children";
import { chosenOf, readCommandLine } from "#lib/command-line";
import { builtCheckout } from "./deployment.ts";
import { type Emulator, installEmulator, startEmulator, workFolder } from "./emulator.ts";
import { inProof, phase, say, secondsSoFar } from "./phase.ts";
import { proveDeployment } from "./prove-deployment.ts";
import { proveImport } from "./prove-import.ts";
import { proveServer } from "./prove-server.ts";

interface Proof {
  readonly name: string;
  readonly title: string;
  readonly enforces: boolean;
  readonly prove: (emulator: Emulator) => Promise<void>;
}

/** Those of a lane follow each other, and lanes run beside each other: each of them mostly waits, and they take about as long. */
const lanes: readonly (readonly Proof[])[] = [
  [
    {
      name: "server",
      title: "The local server over table, queues and key of the emulator",
      enforces: false,
      prove: proveServer,
    },
    {
      name: "import",
      title: "Back to a table and a key that were kept",
      enforces: false,
      prove: proveImport,
    },
  ],
  [
    {
      name: "deployment",
      title: "Deploying, testing, updating and destroying, where every policy is enforced",
      enforces: true,
      prove: proveDeployment,
    },
  ],
];

const names = lanes.flat().map(({ name }) => name);

const help = `Usage: npm run test:deploy -- [PROOF…]

Runs the local server over an emulator of AWS (server), and deploys everything to it: to bring it back to
data that was kept (import), and with every policy enforced, to update and destroy it (deployment).
`;

/** Runs these proofs to their ends. Throws what any of them threw. */
async function prove(asked: readonly string[]): Promise<void> {
  rmSync(workFolder, { recursive: true, force: true });
  mkdirSync(workFolder, { recursive: true });
  const isAsked = ({ name }: Proof) => asked.includes(name);
  const ready = phase("Makes the emulator ready", installEmulator);
  // Meanwhile what the others will ask for; the server needs none of it.
  const isDeploying = lanes.flat().some((one) => one.prove !== proveServer && isAsked(one));
  await Promise.all([ready, isDeploying && builtCheckout()]);
  const ends = await Promise.allSettled(
    lanes.map(async (lane) => {
      for (const proof of lane.filter(isAsked)) await inProof(proof.name, () => run(proof));
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
  } catch (error) {
    throw new Error(`The proof ${name} failed.`, { cause: error });
  } finally {
    await emulator.stop();
  }
}

const args = process.argv.slice(2);
const asked = readCommandLine({ name: "test:deploy", help }, args, () => chosenOf(names, args));
leaveNothingBehind();
try {
  await prove(asked);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
// A proof that fails leaves what it began, and whoever waits for this program would wait for that too.
process.exit();

function explain(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(explain).join("\n");
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}\n${explain(error.cause)}` : error.message;
}
