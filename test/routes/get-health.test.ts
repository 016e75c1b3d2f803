import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { costOf, withLog } from "#test/support/log-lines";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

describe("GET /v1/health", () => {
  it("says that the API is there, and the version of the package", async () => {
    const file = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    const { version } = JSON.parse(file) as { version: string };
    const { status, body } = await platform.call("getHealth");
    expect(status).toBe(200);
    expect(body).toEqual({ data: { status: "ok", version } });
  });

  it("needs no key, minds no wrong one and counts against no limit", async () => {
    const { headers } = await platform.call("getHealth", { as: "nonsense" });
    expect(headers["x-request-id"]).toBeDefined();
    expect(Object.keys(headers).filter((name) => name.startsWith("x-ratelimit"))).toEqual([]);
  });

  it("touches neither table nor queue", async () => {
    const { lines } = await withLog(() => platform.call("getHealth"));
    expect(lines).toMatchObject([{ event: "request", route: "getHealth", status: 200 }]);
    expect(costOf(lines)).toEqual({ calls: 0, reads: 0, writes: 0 });
  });

  it("takes no parameters", async () => {
    const { status, body } = await platform.call("getHealth", { query: { verbose: true } });
    expect(status).toBe(422);
    expect(body.error.details).toEqual([
      { path: "query.verbose", message: "There is no such parameter." },
    ]);
  });
});
