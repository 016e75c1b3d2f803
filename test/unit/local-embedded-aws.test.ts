import { afterEach, describe, expect, it } from "@jest/globals";
import { type EmbeddedAws, openEmbeddedAws } from "#lib/local/embedded-aws";
import { FunctionTimedOut, invoke } from "#lib/local/invocation";
import { liveTable } from "#shared/table/live-table";

let aws: EmbeddedAws | undefined;
afterEach(() => aws?.close());

describe("AWS embedded in the process", () => {
  it("refuses the writes of a function that has outlived its time", async () => {
    aws = openEmbeddedAws({
      folder: undefined,
      manifest: { routes: [], workers: [] },
      clock: Date.now,
    });
    const outcomes: string[] = [];
    const ended = Promise.withResolvers<void>();
    const put = (sk: string) =>
      liveTable()
        .putIfAbsent({ pk: "TEAM#t", sk })
        .then(
          () => outcomes.push(`${sk} written`),
          (error: Error) => outcomes.push(`${sk}: ${error.message}`),
        );
    const slow = async () => {
      await put("in time");
      await new Promise((resolve) => setTimeout(resolve, 300));
      await put("late");
      ended.resolve();
    };

    const run = invoke(slow, {}, { functionName: "slow", requestId: "r", timeoutMs: 200 });

    await expect(run).rejects.toThrow(FunctionTimedOut);
    await ended.promise;
    expect(outcomes).toEqual(["in time written", "late: This function has outlived its time."]);
    expect(await liveTable().get({ pk: "TEAM#t", sk: "late" })).toBeUndefined();
    expect(await liveTable().get({ pk: "TEAM#t", sk: "in time" })).toBeDefined();
  });
});
