import { afterEach, describe, expect, it } from "@jest/globals";
import { worker } from "#functions/workers/jobs/worker";
import { liveWorker } from "#shared/work/live-worker";

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

describe("A lease", () => {
  it.each([
    [undefined, 20_000],
    ["7", 7_000],
    ["", 20_000],
    ["0", 20_000],
    ["soon", 20_000],
  ])("lasts LEASE_SECONDS, %j, or 20 seconds: %i ms", (seconds, leaseMs) => {
    Object.assign(process.env, { TABLE_NAME: "table", AWS_REGION: "us-east-1" });
    if (seconds === undefined) delete process.env["LEASE_SECONDS"];
    else process.env["LEASE_SECONDS"] = seconds;
    expect(liveWorker(worker).leaseMs).toBe(leaseMs);
  });
});
