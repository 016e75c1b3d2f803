import { afterEach, describe, expect, it } from "@jest/globals";
import { type EmbeddedAws, openEmbeddedAws } from "#lib/local/embedded-aws";
import { FunctionTimedOut, invoke } from "#lib/local/invocation";
import { liveTable } from "#shared/table/live-table";
import { useHeldTime } from "#test/support/held-time";

let aws: EmbeddedAws | undefined;
afterEach(() => aws?.close());
const pass = useHeldTime();

describe("AWS embedded in the process", () => {
  it("refuses the writes of a function that has outlived its time", async () => {
    aws = openEmbeddedAws({
      folder: undefined,
      manifest: { workers: [] },
      clock: Date.now,
    });
    const outcomes: string[] = [];
    const [written, late, ended] = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const put = (sk: string) =>
      liveTable()
        .putIfAbsent({ pk: "TEAM#t", sk })
        .then(
          () => outcomes.push(`${sk} written`),
          (error: Error) => outcomes.push(`${sk}: ${error.message}`),
        );
    const slow = async () => {
      await put("in time");
      written!.resolve();
      await late!.promise;
      await put("late");
      ended!.resolve();
    };
    const run = invoke(slow, {}, { functionName: "slow", requestId: "r", timeoutMs: 200 });
    await written!.promise;
    pass(200);

    await expect(run).rejects.toThrow(FunctionTimedOut);
    late!.resolve();
    await ended!.promise;
    expect(outcomes).toEqual(["in time written", "late: This function has outlived its time."]);
    expect(await liveTable().get({ pk: "TEAM#t", sk: "late" })).toBeUndefined();
    expect(await liveTable().get({ pk: "TEAM#t", sk: "in time" })).toBeDefined();
  });
});
