import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { logEvents } from "#shared/runtime/log-events";
import { rowsOf } from "../support/markdown.ts";

describe("The catalogue of log events", () => {
  it("stands in the operations guide, event by event", () => {
    const guide = readFileSync("lib/aws/README.md", "utf8");
    const [, section = ""] = guide.split("\n## Log lines\n");
    const [, , ...rows] = rowsOf(section.split("\n## ")[0] ?? "");
    expect(rows).toEqual(
      Object.entries(logEvents).map(([name, { levels, says }]) => [
        `\`${name}\``,
        levels.join(", "),
        says,
      ]),
    );
  });

  it("has no event that nothing logs", () => {
    const sources = ["functions", "lib", "shared"]
      .flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: "utf8" }).map(
          (path) => `${folder}/${path}`,
        ),
      )
      .filter((path) => path.endsWith(".ts") && !path.endsWith("log-events.ts"))
      .map((path) => readFileSync(path, "utf8"));
    const unused = Object.keys(logEvents).filter((name) => {
      const call = new RegExp(`\\blog\\([^,;]*,\\s*"${name}"`);
      return !sources.some((source) => call.test(source));
    });
    expect(unused).toEqual([]);
  });
});
