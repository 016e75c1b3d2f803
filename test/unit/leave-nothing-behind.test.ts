import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { within } from "#test/support/within";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "leaving-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const children = new URL("../../lib/children.ts", import.meta.url).href;

/** Makes a folder in the temporary directory, as a child of it does, which says so and stays. */
const program = `
  import { spawn } from "node:child_process";
  import { once } from "node:events";
  import { mkdtempSync } from "node:fs";
  import { tmpdir } from "node:os";
  import { join } from "node:path";
  import { keep, leaveNothingBehind } from "${children}";
  leaveNothingBehind();
  mkdtempSync(join(tmpdir(), "made-"));
  const make = 'fs.mkdtempSync(path.join(os.tmpdir(), "made-"));console.log("made");setInterval(() => {}, 1_000)';
  keep(spawn(process.execPath, ["-e", make], { stdio: ["ignore", "inherit", "ignore"] }));
  const [end] = await once(process.stdin, "data");
  if (String(end) === "fails") throw new Error("It fails.");
  process.exit(0);
`;

describe("a program that leaves nothing behind", () => {
  it.each([
    ["ends by itself", "ends", undefined, 0],
    ["fails", "fails", undefined, 1],
    ["is told to end", undefined, "SIGTERM", 130],
    ["is interrupted", undefined, "SIGINT", 130],
    ["has lost its terminal", undefined, "SIGHUP", 130],
  ] as const)(
    "removes what it and its children made, and ends them, when it %s",
    async (_, input, signal, code) => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
        env: { ...process.env, TMPDIR: folder },
        stdio: ["pipe", "pipe", "ignore"],
      });
      await once(child.stdout.setEncoding("utf8"), "data");
      const [own = ""] = readdirSync(folder);
      expect(readdirSync(join(folder, own))).toHaveLength(2);
      if (signal) child.kill(signal);
      else child.stdin.end(input);
      // Its output is closed when the child, which writes there too, is gone.
      expect(await within(60, once(child, "close"))).toEqual([code, null]);
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});
