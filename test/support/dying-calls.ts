import { withLog } from "./log-lines.ts";
import type { TestAnswer, TestPlatform } from "./test-platform.ts";

/**
 * Runs a request of its own again and again: each time it dies at another call to AWS, of which nothing, or only the
 * answer, is lost, and a minute later it is repeated. `check` is given the first answer and that of the repeat. Ends when
 * the request no longer has so many calls.
 */
export async function dyingAtEachCall(
  platform: TestPlatform,
  loses: "connection_lost" | "answer_lost",
  begin: () => Promise<{
    readonly run: () => Promise<TestAnswer>;
    readonly check: (first: TestAnswer, again: TestAnswer) => Promise<void>;
  }>,
): Promise<number> {
  for (let at = 0; ; at++) {
    const { run, check } = await begin();
    let calls = 0;
    platform.faults = () => {
      const call = calls++;
      if (call < at) return undefined;
      return { kind: call === at ? loses : "connection_lost" };
    };
    const { result } = await withLog(async () => {
      const first = await run();
      const isOver = calls <= at;
      // What it has woken dies too, and before the clock moves.
      await platform.settle();
      return { first, isOver };
    });
    platform.faults = undefined;
    const { first, isOver } = result;
    if (isOver) return at;
    platform.advance(60_000);
    await check(first, await run());
  }
}
