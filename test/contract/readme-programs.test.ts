import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { aWebhookEndpoint } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const [receiver = ""] =
  readFileSync("README.md", "utf8").match(/(?<=```js\n)import \{ createServer \}[^]*?(?=```)/) ??
  [];

let folder: string;
let started: ChildProcess | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "receiver-"));
  symlinkSync(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
});
afterAll(() => {
  started?.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on a port has an address of this shape.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts the receiver of the README, but for its port; gives what it has printed so far. */
async function start(port: number, secret: string): Promise<() => string> {
  const file = join(folder, "receiver.mjs");
  writeFileSync(file, receiver.replace("8000", String(port)));
  const child = spawn(process.execPath, [file], { env: { ...process.env, SECRET: secret } });
  started = child;
  let printed = "";
  child.stdout.on("data", (chunk) => (printed += String(chunk)));
  child.stderr.on("data", (chunk) => (printed += String(chunk)));
  for (;;) {
    if (child.exitCode !== null) throw new Error(printed);
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answer) return () => printed;
    await sleep(20);
  }
}

describe("The receiver in the README", () => {
  it("has at most 15 lines", () => {
    const lines = receiver.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThanOrEqual(15);
  });

  it("takes what the platform sends, and nothing that another signs or changes", async () => {
    const { key: as } = await platform.team();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/hooks`;
    const { id, secret } = await aWebhookEndpoint(platform, as, { url });
    const printed = await start(port, secret);
    // The library refuses what is older than five minutes.
    platform.advance(Date.now() - platform.clock());
    const test = await platform.call("testWebhookEndpoint", { as, params: { id } });
    await platform.settle();
    const params = { id: test.body.data.id };
    const { body } = await platform.call("getDelivery", { as, params });
    expect(body.data).toMatchObject({ status: "succeeded", attempts: [{ status_code: 204 }] });
    expect(printed()).toContain("webhook.test {}");

    const other = await aWebhookEndpoint(platform, as, { url });
    const forged = await platform.call("testWebhookEndpoint", { as, params: { id: other.id } });
    await platform.settle();
    const refused = await platform.call("getDelivery", { as, params: { id: forged.body.data.id } });
    expect(refused.body.data).toMatchObject({
      status: "pending",
      attempts: [{ status_code: 400 }],
    });
    expect(printed().match(/webhook\.test/g)).toHaveLength(1);
  });
});
