import { tableDefinition } from "#shared/table/definition";
import { shards } from "#shared/table/shards";
import type { Manifest } from "../manifest.ts";
import type { Memory } from "../memory.ts";
import { type Price, prices } from "./prices.ts";

/** One line of a month's bill of a deployment that nobody uses. */
export interface IdleItem {
  readonly name: string;
  readonly quantity: number;
  readonly price: Price;
}

const monthSeconds = 30 * 24 * 3600;
/** A worker's event source asks with five calls at once, each of which waits 20 s for a message. */
const pollers = 5;
const pollSeconds = 20;
const sweepSeconds = 0.1;
/** Sweeping one empty partition of the index, not consistent. */
const unitsOfShard = 0.5;
const sweepLogBytes = 500;

const queuesOf = ({ workers }: Manifest) =>
  workers.filter(({ worker }) => "queue" in worker.trigger).length;

/** Metrics that the alarms look at, of which each is paid for. */
export function alarmMetricsOf(manifest: Manifest): number {
  const queued = queuesOf(manifest);
  const ofLines = 3;
  const ofFunctions = 1;
  const ofApi = 2;
  const ofTable = 2 * (1 + tableDefinition.indexes.length);
  const silences = manifest.workers.length - queued;
  return queued + silences + ofLines + ofFunctions + ofApi + ofTable;
}

/** What of a stage costs something when nobody asks anything. */
export interface IdleStage {
  readonly memoryMb: Memory;
  readonly monitoring: "all" | "alarms" | "none";
}

/** The bill of a month without a request, item by item. */
export function idleBill(
  manifest: Manifest,
  { memoryMb, monitoring }: IdleStage,
): readonly IdleItem[] {
  const queues = queuesOf(manifest);
  const sweeps = monthSeconds / 60;
  const items = [
    { name: "KMS key", quantity: 1, price: prices.keyMonth },
    {
      name: `Polling of ${queues} empty queues`,
      quantity: (queues * pollers * monthSeconds) / pollSeconds,
      price: prices.queueRequest,
    },
    {
      name: "Alarms",
      quantity: monitoring === "none" ? 0 : alarmMetricsOf(manifest),
      price: prices.alarmMetricMonth,
    },
    { name: "Dashboard", quantity: monitoring === "all" ? 1 : 0, price: prices.dashboardMonth },
    {
      name: "Metric of the sweeper",
      quantity: monitoring === "none" ? 0 : 1,
      price: prices.metricMonth,
    },
    { name: "Sweeper, invocations", quantity: sweeps, price: prices.lambdaRequest },
    {
      name: "Sweeper, time",
      quantity: (sweeps * sweepSeconds * memoryMb.usual) / 1024,
      price: prices.lambdaGbSecond,
    },
    {
      name: "Sweeper, reads",
      quantity: sweeps * shards.length * unitsOfShard,
      price: prices.tableReadUnit,
    },
    {
      name: "Sweeper, log",
      quantity: (sweeps * sweepLogBytes) / 1_000_000_000,
      price: prices.logGb,
    },
  ];
  return items.filter(({ quantity }) => quantity > 0);
}

/** Dollars of an item, and what is left of it in an account whose free tiers nothing else uses. */
export function dollarsOf({ quantity, price }: IdleItem) {
  const beyond = Math.max(0, quantity - (price.free ?? 0));
  return { whole: quantity * price.usd, beyondFree: beyond * price.usd };
}
