import { parseArgs } from "node:util";
import { leaveNothingBehind } from "../children.ts";
import { chosenOf, readCommandLine } from "../command-line.ts";
import { bigPart } from "./big-part.ts";
import { bundlesPart, type MemorySettings } from "./bundles-part.ts";
import { chainPart } from "./chain-part.ts";
import { type ComparedTable, comparedTables } from "./committed-figures.ts";
import { contentionPart } from "./contention-part.ts";
import { costsPart } from "./costs-part.ts";
import { deliveriesPart } from "./deliveries-part.ts";
import { executionsPart } from "./executions-part.ts";
import { fairnessPart } from "./fairness-part.ts";
import { growthPart } from "./growth-part.ts";
import { machineMs } from "./machine-speed.ts";
import { messagesPart } from "./messages-part.ts";
import { platformsPart } from "./platforms-part.ts";
import { readsPart } from "./reads-part.ts";
import { say, shown } from "./say.ts";
import { soakPart } from "./soak-part.ts";

const help = `Usage: npm run bench -- [PART…] [--big [MESSAGES]] [--soak [MESSAGES]] [--seconds N] [--clients 1,10] [--profile DIR] [--keep]

  messages   a message in, a webhook backend, its reply out through ?wait; its calls and units
  executions runs of agent loops: how soon they begin, what a step takes and writes
  deliveries events told to endpoints on this machine, a second
  platforms  messages on each platform: the hook, replies a second, what a long conversation costs
  fairness   what one team waits while all servers of another hang
  contention 503s where many requests are about one loop or one chat, as on DynamoDB
  reads      GET /v1/bots/{id} and /v1/health over HTTP
  chain      the chain without the table, in process
  costs      calls and units of every route
  bundles    KB, load and memory of each function; reads beside NodejsFunction's defaults; build, synth

Without a PART these ten run. --big holds lists of 100 items against lists of 100,000, and a folder of
10,000 messages against one of 1,000,000, which takes 2 GB and half an hour; --soak sends 100,000 messages
and watches the memory; alone they run alone. --seconds (10) is how long each load lasts. --profile leaves a CPU profile of the server in a folder.
messages, executions and reads show below each row what was committed for it; --keep writes today's figures into
lib/bench/committed-figures.json.
`;

/**
 * `npm run bench`: measures and prints tables. It asserts nothing; the targets stand in the headings. The stage is the
 * one whose memory is shown.
 */
export async function bench(args: string[], stage: MemorySettings): Promise<void> {
  const { parts, big, soak, seconds, clients, profileDir, keeps } = readCommandLine(
    { name: "bench", help },
    args,
    () => readArguments(args),
  );
  leaveNothingBehind();
  const known: Readonly<Record<Part, (table: ComparedTable) => Promise<void>>> = {
    messages: (table) => messagesPart({ seconds, clients, profileDir, table }),
    executions: (table) => executionsPart({ profileDir, table }),
    deliveries: () => deliveriesPart(profileDir),
    platforms: () => platformsPart(profileDir),
    fairness: fairnessPart,
    contention: contentionPart,
    reads: (table) => readsPart({ seconds, profileDir, table }),
    chain: chainPart,
    costs: costsPart,
    bundles: () => bundlesPart(stage),
  };
  for (const part of parts) {
    await known[part](comparedTables(part, sayMachine(), keeps));
  }
  if (parts.length === 0) sayMachine();
  if (big !== undefined) {
    await bigPart();
    await growthPart(big);
  }
  if (soak !== undefined) await soakPart(soak);
}

/** With each part anew: a shared machine changes. */
function sayMachine(): number {
  const ms = machineMs();
  say(`\nThis machine: ${shown(ms)} ms of CPU for a fixed piece of work`);
  return ms;
}

const names = [
  "messages",
  "executions",
  "deliveries",
  "platforms",
  "fairness",
  "contention",
  "reads",
  "chain",
  "costs",
  "bundles",
] as const;
type Part = (typeof names)[number];

interface Run {
  readonly parts: readonly Part[];
  readonly big: number | undefined;
  readonly soak: number | undefined;
  readonly seconds: number;
  readonly clients: readonly number[];
  readonly profileDir: string | undefined;
  readonly keeps: boolean;
}

function readArguments(args: string[]): Run {
  // The numbers behind these may be left out, which no option of parseArgs allows.
  const usual: Readonly<Record<string, string>> = { "--big": "1000000", "--soak": "100000" };
  const complete = args.flatMap((arg, index) => {
    const number = usual[arg];
    return number === undefined || /^\d+$/.test(args[index + 1] ?? "") ? [arg] : [arg, number];
  });
  const { positionals, values } = parseArgs({
    args: complete,
    allowPositionals: true,
    options: {
      big: { type: "string" },
      soak: { type: "string" },
      seconds: { type: "string", default: "10" },
      clients: { type: "string", default: "1,10" },
      profile: { type: "string" },
      keep: { type: "boolean", default: false },
    },
  });
  const number = (name: string, text: string) => {
    const value = Number(text);
    if (value > 0) return value;
    throw new Error(`--${name}: ${text} is no number above 0.`);
  };
  const alone = values.big !== undefined || values.soak !== undefined;
  return {
    parts: alone && positionals.length === 0 ? [] : chosenOf(names, positionals),
    big: values.big === undefined ? undefined : number("big", values.big),
    soak: values.soak === undefined ? undefined : number("soak", values.soak),
    seconds: number("seconds", values.seconds),
    clients: values.clients.split(",").map((text) => number("clients", text)),
    profileDir: values.profile,
    keeps: values.keep,
  };
}
