import { describe, expect, it } from "@jest/globals";
import { FunctionTimedOut, invoke, isOver } from "#lib/local/invocation";

const invocation = { functionName: "f", requestId: "req_1", timeoutMs: 20 };

describe("a function's run", () => {
  it("gives the function its event and a context", async () => {
    const given = await invoke(
      async (event, context) => ({
        event,
        functionName: context.functionName,
        awsRequestId: context.awsRequestId,
        hasTime: context.getRemainingTimeInMillis() > 55_000,
      }),
      "event",
      { ...invocation, timeoutMs: 60_000 },
    );
    expect(given).toEqual({
      event: "event",
      functionName: "f",
      awsRequestId: "req_1",
      hasTime: true,
    });
  });

  it("fails with what the function throws", async () => {
    const broken = invoke(() => Promise.reject(new Error("broken")), "event", invocation);
    await expect(broken).rejects.toThrow("broken");
  });

  it("fails when the function's time is over, and the function can tell from then on", async () => {
    const seen: boolean[] = [];
    const ended = Promise.withResolvers<void>();
    const late = invoke(
      async () => {
        seen.push(isOver());
        await new Promise((resolve) => setTimeout(resolve, 60));
        seen.push(isOver());
        ended.resolve();
      },
      "event",
      invocation,
    );
    await expect(late).rejects.toThrow(FunctionTimedOut);
    await ended.promise;
    expect(seen).toEqual([false, true]);
    expect(isOver()).toBe(false);
  });
});
