import type { Memory } from "../memory.ts";
import type { Counted } from "./count-costs.ts";
import { prices } from "./prices.ts";

/** Dollars for a million calls of one function. */
export interface Priced {
  readonly name: string;
  readonly gateway: number;
  readonly functions: number;
  readonly table: number;
  readonly queues: number;
  readonly logs: number;
  readonly total: number;
}

const million = 1_000_000;
const gb = 1_000_000_000;

/**
 * What a call is taken to last in AWS: the processor's time of its own work, as measured (`lib/aws/README.md`), over its share
 * of a core, and each call to the table or a queue after the other. A machine's own times say nothing of AWS; what a function
 * waits for a backend or a reply comes on top.
 */
const cpuMs = { own: 0.6, perCall: 0.8 };
const msPerCall = 5;
/** Source: "Configure Lambda function memory" of the AWS Lambda Developer Guide. */
const mbOfCore = 1_769;

/** The gateway's line of a request; Lambda writes none of its own about an invocation that ends well. */
const gatewayLogBytes = 200;

/** What the event source asks of a queue for one message that comes alone: it is received and deleted. */
const sourceCalls = 2;

/** How long a call of a function is taken to last when it waits for nobody. */
export function secondsOf({ calls, memory }: Counted, memoryMb: Memory): number {
  const share = memoryMb[memory] / mbOfCore;
  return ((cpuMs.own + cpuMs.perCall * calls) / share + msPerCall * calls) / 1000;
}

/** Prices a million calls of a function as it was counted, cold starts and free tiers left out. */
export function priceOfMillion(counted: Counted, memoryMb: Memory, waitedSeconds = 0): Priced {
  const { name, isRoute, memory, readUnits, writeUnits, queueCalls, logBytes } = counted;
  const seconds = secondsOf(counted, memoryMb) + waitedSeconds;
  const gbSeconds = seconds * (memoryMb[memory] / 1024);
  const bytes = logBytes + (isRoute ? gatewayLogBytes : 0);
  const parts = {
    gateway: isRoute ? million * prices.httpApiRequest.usd : 0,
    functions: million * (prices.lambdaRequest.usd + gbSeconds * prices.lambdaGbSecond.usd),
    table:
      million * (readUnits * prices.tableReadUnit.usd + writeUnits * prices.tableWriteUnit.usd),
    queues: million * (queueCalls + (isRoute ? 0 : sourceCalls)) * prices.queueRequest.usd,
    logs: ((million * bytes) / gb) * prices.logGb.usd,
  };
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
  return { name, ...parts, total };
}

/** Dollars for a million seconds in which functions of so much memory wait. */
export const priceOfWaiting = (memoryMb: number): number =>
  million * (memoryMb / 1024) * prices.lambdaGbSecond.usd;

/** Dollars for a million data keys of teams that a function has not in memory: KMS opens each, from its row of the table. */
export const priceOfKeys = (memoryMb: number): number =>
  million * (prices.keyRequest.usd + prices.tableReadUnit.usd) +
  priceOfWaiting(memoryMb) * ((2 * msPerCall) / 1000);
