import { Agent } from "node:http";
import { answerAll } from "./program.ts";
import { quantiles } from "./quantiles.ts";
import { type BenchRequest, send } from "./send.ts";

/** How to load a server. */
export interface Load {
  readonly url: string;
  /** One client for each; it sends the next request when it has the answer, and ends when it gets none. */
  readonly clients: readonly BenchRequest[];
  /** Ends after so many requests of all clients together. */
  readonly requests?: number;
  /** Ends after so many seconds. */
  readonly seconds?: number;
  /** An answer that holds this text counts as failed, whatever its status. */
  readonly refuse?: string;
}

/** What came of it. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly failed: number;
  /** The first answer that was none. */
  readonly failure: string | undefined;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly longest_ms: number;
}

async function run({ url, clients, requests, seconds, refuse }: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients.length });
  const times: number[] = [];
  let begun = 0;
  let failed = 0;
  let failure: string | undefined;
  const start = performance.now();
  const goesOn = () =>
    begun < (requests ?? Infinity) && performance.now() - start < (seconds ?? Infinity) * 1000;
  await Promise.all(
    clients.map(async (wanted) => {
      while (goesOn()) {
        begun += 1;
        const sentAt = performance.now();
        const answer = await send(agent, url, wanted).catch(String);
        times.push(performance.now() - sentAt);
        if (typeof answer === "string") {
          failed += 1;
          failure ??= answer;
          return;
        }
        const { status, text } = answer;
        if (status < 300 && !(refuse !== undefined && text.includes(refuse))) continue;
        failed += 1;
        failure ??= `${status} ${text.slice(0, 500)}`;
      }
    }),
  );
  const took = (performance.now() - start) / 1000;
  agent.destroy();
  const at = quantiles(times);
  return {
    requests: times.length,
    seconds: took,
    failed,
    failure,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    longest_ms: times.reduce((most, one) => Math.max(most, one), 0),
  };
}

answerAll(run);
