import { looksWithin } from "#shared/runtime/look-pauses";
import type { Memory } from "../memory.ts";
import type { Counted } from "./count-costs.ts";
import { type Priced, priceOfMillion, secondsOf } from "./price.ts";

/** How long backends take in the rows of the bill, in seconds. */
export const backendSeconds = [2, 5, 10] as const;

/** Seconds between renewals: a third of a lease in AWS. */
const renewalSeconds = 20 / 3;
/**
 * A place is looked for, taken and given back where a backend takes longer than a second: the worker's, which is renewed
 * with its lease, and where somebody waits the request's, which is not.
 */
const ofPlace = { reads: 1, writes: 2 };
const ofRenewal = { writes: 2, queueCalls: 1 };

/** What a million messages cost whose backend takes its time. */
export interface WaitedMessage {
  readonly seconds: number;
  /** Whether their senders wait for the reply. */
  readonly isHeld: boolean;
  readonly route: Priced;
  readonly worker: Priced;
  readonly total: number;
}

/**
 * Prices messages by the seconds that their backends take: the worker waits for the backend and, where the sender asked for
 * it with `?wait`, the route for the worker. Each message comes alone: of those that come together up to ten wait in one function.
 */
export function waitedMessages(
  counted: ReadonlyMap<string, Counted>,
  memory: Memory,
): readonly WaitedMessage[] {
  const [sent, job] = [counted.get("sendMessage"), counted.get("inbound: conversation")];
  if (!sent || !job) throw new Error("A message was not counted.");
  return backendSeconds.flatMap((seconds) => {
    const worker = priceOfMillion(answeredAfter(job, seconds), memory, seconds);
    const held = seconds + secondsOf(job, memory);
    const withReads = {
      ...sent,
      readUnits: sent.readUnits + looksWithin(held * 1000) + 1 + ofPlace.reads,
      writeUnits: sent.writeUnits + ofPlace.writes,
    };
    return [
      [false, priceOfMillion(sent, memory)] as const,
      [true, priceOfMillion(withReads, memory, held)] as const,
    ].map(([isHeld, route]) => ({
      seconds,
      isHeld,
      route,
      worker,
      total: route.total + worker.total,
    }));
  });
}

function answeredAfter(job: Counted, seconds: number): Counted {
  const renewals = Math.floor(seconds / renewalSeconds);
  return {
    ...job,
    readUnits: job.readUnits + ofPlace.reads,
    writeUnits: job.writeUnits + ofPlace.writes + renewals * ofRenewal.writes,
    queueCalls: job.queueCalls + renewals * ofRenewal.queueCalls,
  };
}
