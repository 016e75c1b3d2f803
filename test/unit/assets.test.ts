import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { makeAssets, withAssets } from "#lib/assets";
import { type LambdaHandler, loadManifest } from "#lib/manifest";
import { contextOf } from "#test/support/test-platform";

const manifest = await loadManifest();

let parent: string;
let output: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "assets-"));
  output = join(parent, "made");
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const call = (handler: LambdaHandler) => handler({}, contextOf("any", Date.now));
const withThose = (folder: string, handler: LambdaHandler) =>
  withAssets({ folder, handler }, manifest, output);

describe("a function that reads files, on one machine", () => {
  /** When the file was written, as the function sees it. */
  const script = async () =>
    String(statSync(join(output, "script.js.gz"), { bigint: true }).mtimeNs);

  it("has them made once, however many calls are the first", async () => {
    const handler = withThose("system/docs/script", script);
    expect(readdirSync(parent)).toEqual([]);
    const seen = await Promise.all([1, 2, 3].map(() => call(handler)));
    expect(new Set([...seen, await call(handler)]).size).toBe(1);
    expect(readdirSync(output)).toEqual(["script.js.gz"]);
  });

  it("fails where they cannot be made, and has them made at the next call", async () => {
    const handler = withThose("system/docs/script", script);
    writeFileSync(output, "in the way");
    const reasons = (await Promise.allSettled([call(handler), call(handler)])).map(
      (ended) => "reason" in ended && ended.reason,
    );
    expect(reasons).toMatchObject([{ code: "EEXIST" }, { code: "EEXIST" }]);
    rmSync(output);
    expect(await call(handler)).toMatch(/^\d+$/);
  });

  it("finds what the build puts beside it", async () => {
    const assets = await makeAssets(manifest);
    const folders = new Set(assets.map(({ folder }) => folder));
    for (const folder of folders) await call(withThose(folder, async () => undefined));
    expect(readdirSync(output)).toEqual(assets.map(({ name }) => name).sort());
  });
});

it("leaves a function that reads no files as it is", () => {
  const handler: LambdaHandler = async () => undefined;
  expect(withThose("system/health", handler)).toBe(handler);
});
