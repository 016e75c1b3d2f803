import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadManifest } from "../manifest.ts";
import { countCosts, type Counted } from "./count-costs.ts";
import { dollarsOf, idleBill } from "./idle-bill.ts";
import { type Memory, priceOfKeys, priceOfMillion, priceOfWaiting } from "./price.ts";
import { pricesOf } from "./prices.ts";

const help = `Usage: npm run --silent costs -- [--stage STAGE] [--write]

Starts a platform of its own on this machine, calls every route, and prints what a million of each
would cost in AWS, and a month without a request. STAGE (prod) is the one whose memory is priced.
With --write the table of operations also goes into the operations guide, in the place of its old one.
`;

const guide = fileURLToPath(new URL("../aws/README.md", import.meta.url));

/** What is priced. */
interface PricedStage {
  readonly name: string;
  readonly memoryMb: Memory;
}

/**
 * `npm run costs`: counts every route on this machine and prints what a million of each costs, and the idle bill. Exits
 * with 2 when the arguments are wrong, as when `stageNamed` throws.
 */
export async function costs(
  args: string[],
  stageNamed: (name: string) => PricedStage,
): Promise<void> {
  let stage: PricedStage;
  let isWritten: boolean;
  try {
    const { values } = parseArgs({
      args,
      options: {
        stage: { type: "string", default: "prod" },
        write: { type: "boolean", default: false },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return void process.stdout.write(help);
    stage = stageNamed(values.stage);
    isWritten = values.write;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${problem}\nnpm run costs -- --help says more.\n`);
    process.exitCode = 2;
    return;
  }
  const counted = await countCosts();
  const operations = markdown(heads, withSums(counted, stage.memoryMb));
  await print(stage, operations);
  if (isWritten) await writeIntoGuide(operations);
}

/** Replaces the table of the guide that has the same heads. */
async function writeIntoGuide(operations: readonly string[]): Promise<void> {
  const text = await readFile(guide, "utf8");
  const old = /^\| operation +\|.*\n(\|.*\n)+/m;
  if (!old.test(text)) throw new Error(`${guide} has no table of operations.`);
  await writeFile(guide, text.replace(old, `${operations.join("\n")}\n`));
}

async function print({ name, memoryMb }: PricedStage, operations: readonly string[]) {
  const manifest = await loadManifest();
  const lines = [
    `Prices of ${pricesOf}. Stage ${name}: ${memoryMb.routes} MB for routes, ${memoryMb.workers} MB for workers.`,
    "",
    "Dollars for a million, without the free tiers:",
    "",
    ...operations,
    "",
    `A second of waiting, a million times: $${priceOfWaiting(memoryMb.routes).toFixed(2)} in a route (\`?wait\`), $${priceOfWaiting(memoryMb.workers).toFixed(2)} in a worker (a backend, a model).`,
    `A million data keys of teams that were quiet for 15 minutes: $${priceOfKeys(memoryMb.workers).toFixed(2)} (KMS opens each, in a worker).`,
    "",
    "A month without a request:",
    "",
    ...idle(idleBill(manifest, memoryMb)),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

const heads = "operation,calls,W,R,gateway,functions,table,queues,logs,total".split(",");

/** What belongs together: a route and the workers that it sets to work. */
const together: Readonly<Record<string, readonly string[]>> = {
  "a message and its reply": ["sendMessage", "inbound: conversation"],
  "an execution and its callback": [
    "runAgentLoop",
    "executions: execution",
    "deliveries: delivery",
  ],
};

function withSums(counted: ReadonlyMap<string, Counted>, memory: Memory): readonly string[][] {
  const cells = ({ calls, writeUnits, readUnits }: Counted) => [calls, writeUnits, readUnits];
  const rowOf = (name: string, parts: readonly Counted[]) => {
    const priced = parts.map((part) => priceOfMillion(part, memory));
    const kinds = ["gateway", "functions", "table", "queues", "logs", "total"] as const;
    return [
      name,
      ...[0, 1, 2].map((at) => String(parts.reduce((sum, one) => sum + (cells(one)[at] ?? 0), 0))),
      ...kinds.map((kind) => priced.reduce((sum, one) => sum + one[kind], 0).toFixed(2)),
    ];
  };
  return [
    ...[...counted.values()].map((one) => rowOf(one.name, [one])),
    ...Object.entries(together).map(([name, parts]) =>
      rowOf(
        name,
        parts.flatMap((part) => counted.get(part) ?? []),
      ),
    ),
  ];
}

const markdown = (head: readonly string[], rows: readonly (readonly string[])[]) => {
  const all = [head, ...rows];
  // Prettier makes no column narrower than three.
  const widths = head.map((_, at) => Math.max(3, ...all.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(" | ")} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)];
};

function idle(items: ReturnType<typeof idleBill>) {
  const rows = items.map((item) => {
    const { whole, beyondFree } = dollarsOf(item);
    const quantity = Math.round(item.quantity * 100) / 100;
    const cells = [item.name, `${quantity.toLocaleString("en")}`, item.price.per];
    return [...cells, whole.toFixed(2), beyondFree.toFixed(2)];
  });
  const sum = (of: "whole" | "beyondFree") =>
    items.reduce((total, item) => total + dollarsOf(item)[of], 0).toFixed(2);
  const total = ["Together", "", "", sum("whole"), sum("beyondFree")];
  return markdown(["item", "quantity", "of", "dollars", "beyond the free tiers"], [...rows, total]);
}
