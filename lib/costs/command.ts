import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { leaveNothingBehind } from "../children.ts";
import { readCommandLine } from "../command-line.ts";
import { loadManifest } from "../manifest.ts";
import type { Memory } from "../memory.ts";
import type { Counted } from "./count-costs.ts";
import { fileCosts } from "./files.ts";
import { goals } from "./goals.ts";
import { dollarsOf, idleBill, type IdleStage } from "./idle-bill.ts";
import { priceOfKeys, priceOfMillion, priceOfWaiting } from "./price.ts";
import { pricesOf } from "./prices.ts";
import { waitedMessages } from "./waiting.ts";

const help = `Usage: npm run --silent costs -- [--stage STAGE] [--write]

Starts a platform of its own on this machine, calls every route, and prints what a million of each
would cost in AWS, messages whose backend takes its time, a month without a request, and how far all of it is from its
goals. STAGE (prod) is the one that is priced. With --write the tables of operations, messages and files also go into the
operations guide, in the place of the old ones.
`;

const guide = fileURLToPath(new URL("../aws/README.md", import.meta.url));

/** What is priced. */
interface PricedStage extends IdleStage {
  readonly name: string;
}

/**
 * `npm run costs`: counts every route on this machine and prints what a million of each costs, and the idle bill. Exits
 * with 2 when the arguments are wrong, as when `stageNamed` throws.
 */
export async function costs(
  args: string[],
  stageNamed: (name: string) => PricedStage,
): Promise<void> {
  const { stage, isWritten } = readCommandLine({ name: "costs", help }, args, () => {
    const { values } = parseArgs({
      args,
      options: {
        stage: { type: "string", default: "prod" },
        write: { type: "boolean", default: false },
      },
    });
    return { stage: stageNamed(values.stage), isWritten: values.write };
  });
  leaveNothingBehind();
  // The platform, which arguments that are wrong need not wait for.
  const { countCosts } = await import("./count-costs.ts");
  const counted = await countCosts();
  const manifest = await loadManifest();
  const { name, memoryMb } = stage;
  const operations = markdown(heads, withSums(counted, memoryMb));
  const messages = markdown(messageHeads, messageRows(counted, memoryMb));
  const files = markdown(fileHeads, fileRows(counted, memoryMb));
  const both = { prod: stageNamed("prod"), dev: stageNamed("dev") };
  const all = goals(counted, manifest, both);
  const lines = [
    `Prices of ${pricesOf}. Stage ${name}: ${memoryMb.waiting} MB for functions that wait, ${memoryMb.usual} MB for all others.`,
    "",
    "Dollars for a million, without the free tiers:",
    "",
    ...operations,
    "",
    "Dollars for a million messages, by how long their backend takes:",
    "",
    ...messages,
    "",
    "Dollars for a million files, beside their messages:",
    "",
    ...files,
    "",
    `A second of waiting, a million times: $${priceOfWaiting(memoryMb.waiting).toFixed(2)}.`,
    `A million data keys of teams that were quiet for 15 minutes: $${priceOfKeys(memoryMb.waiting).toFixed(2)} (KMS opens each, in a worker).`,
    "",
    "A month without a request:",
    "",
    ...idle(idleBill(manifest, stage)),
    "",
    "Goals:",
    "",
    ...markdown(
      ["what", "today", "goal", "too much"],
      all.map(({ name: what, today, goal }) => [
        what,
        today.toFixed(2),
        goal.toFixed(2),
        today > goal ? (today - goal).toFixed(2) : "",
      ]),
    ),
    "",
    ...all.flatMap(({ name: what, why }) => (why === undefined ? [] : [`- ${what}: ${why}`])),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  if (isWritten) await writeIntoGuide({ operation: operations, backend: messages, files });
}

/** Replaces the tables of the guide that have the same first heads. */
async function writeIntoGuide(tables: Readonly<Record<string, readonly string[]>>) {
  let text = await readFile(guide, "utf8");
  for (const [head, table] of Object.entries(tables)) {
    const old = new RegExp(`^\\| ${head} +\\|.*\\n(\\|.*\\n)+`, "m");
    if (!old.test(text)) throw new Error(`${guide} has no table that begins as ${table[0]}`);
    text = text.replace(old, () => `${table.join("\n")}\n`);
  }
  await writeFile(guide, text);
}

const messageHeads = "backend,`?wait`,gateway,route,worker,table,queues,logs,total".split(",");

const messageRows = (counted: ReadonlyMap<string, Counted>, memory: Memory) =>
  waitedMessages(counted, memory).map(({ seconds, isHeld, route, worker, total }) => [
    `${seconds} s`,
    isHeld ? "yes" : "no",
    ...[
      route.gateway,
      route.functions,
      worker.functions,
      route.table + worker.table,
      route.queues + worker.queues,
      route.logs + worker.logs,
      total,
    ].map((dollars) => dollars.toFixed(2)),
  ]);

const fileHeads = "files,calls,W,R,bucket,total".split(",");

const fileRows = (counted: ReadonlyMap<string, Counted>, memory: Memory) =>
  fileCosts(counted, memory).map(({ name, calls, writeUnits, readUnits, bucket, total }) => [
    name,
    ...[calls, writeUnits, readUnits].map(String),
    ...[bucket, total].map((dollars) => dollars.toFixed(2)),
  ]);

const heads = "operation,calls,W,R,gateway,functions,table,queues,logs,total".split(",");

/** What belongs together: a route and the workers that it sets to work. */
const together: Readonly<Record<string, readonly string[]>> = {
  "a message and its reply": ["sendMessage", "inbound: conversation"],
  "a message and its reply by a model": ["sendMessage", "inbound: conversation of a model"],
  "a message of Telegram and its reply": [
    "receiveTelegramUpdate",
    "inbound: conversation of Telegram",
  ],
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
