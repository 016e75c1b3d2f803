import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Measured } from "#shared/runtime/embedded-metrics";
import { log } from "#shared/runtime/log";
import { withLog } from "../support/log-lines.ts";

const measured: readonly Measured[] = [
  { by: "route", fields: ["ms", "server_errors"] },
  { fields: ["read_units"] },
  { fields: ["client_errors"] },
];

const written = async (fields: Record<string, unknown>) => {
  const { lines } = await withLog(async () => log("info", "request", fields, measured));
  const [line] = lines;
  if (!line) throw new Error("No line.");
  return line;
};

beforeEach(() => {
  process.env["METRICS_NAMESPACE"] = "ChatbotPlatform/test";
});
afterEach(() => {
  delete process.env["METRICS_NAMESPACE"];
});

describe("A line of the log", () => {
  it("carries its metrics, each where its fields are, with the line's own time", async () => {
    const line = await written({ route: "getBot", ms: 12, read_units: 1.5 });
    expect(line).toEqual({
      level: "info",
      time: expect.any(String),
      event: "request",
      route: "getBot",
      ms: 12,
      read_units: 1.5,
      _aws: {
        Timestamp: Date.parse(String(line["time"])),
        CloudWatchMetrics: [
          {
            Namespace: "ChatbotPlatform/test",
            Dimensions: [["route"]],
            Metrics: [{ Name: "ms" }],
          },
          {
            Namespace: "ChatbotPlatform/test",
            Dimensions: [[]],
            Metrics: [{ Name: "read_units" }],
          },
        ],
      },
    });
  });

  it("has no metrics where none of its fields is one", async () => {
    expect(await written({ route: "getBot", ms: undefined, read_units: "1" })).not.toHaveProperty(
      "_aws",
    );
  });

  it("has no metrics where there is no namespace, as on one machine", async () => {
    delete process.env["METRICS_NAMESPACE"];
    expect(await written({ route: "getBot", ms: 12 })).toEqual({
      level: "info",
      time: expect.any(String),
      event: "request",
      route: "getBot",
      ms: 12,
    });
  });
});
