import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { aWebhookEndpoint } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();
const programs = [...readFileSync("README.md", "utf8").matchAll(/(?<=```js\n)[^]*?(?=```)/g)].map(
  String,
);
const [backend = "", receiver = ""] = programs;

let folder: string;
const started: ChildProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "receiver-"));
  symlinkSync(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
});
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
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

/** Starts a program of the README, but for its port; gives what it has printed so far. */
async function start(program: string, port: number, env: object = {}): Promise<() => string> {
  const file = join(folder, `${port}.mjs`);
  const ownPort = /(?<=listen\()\d+/;
  expect(program).toMatch(ownPort);
  writeFileSync(file, program.replace(ownPort, String(port)));
  const child = spawn(process.execPath, [file], { env: { ...process.env, ...env } });
  started.push(child);
  let printed = "";
  child.stdout.on("data", (chunk) => (printed += String(chunk)));
  child.stderr.on("data", (chunk) => (printed += String(chunk)));
  for (;;) {
    if (child.exitCode !== null) throw new Error(printed);
    const socket = connect(port, "127.0.0.1");
    const isThere = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return () => printed;
    await sleep(20);
  }
}

describe("The README's programs", () => {
  it("are a backend and a receiver, of at most 15 lines", () => {
    expect(programs).toHaveLength(2);
    for (const program of programs) {
      const lines = program.trimEnd().split("\n");
      expect(lines.length).toBeGreaterThan(5);
      expect(lines.length).toBeLessThanOrEqual(15);
    }
  });
});

describe("The backend in the README", () => {
  it("answers", async () => {
    const port = await freePort();
    await start(backend, port);
    const chat = await openWebChat(platform, { backend_url: `http://127.0.0.1:${port}/chat` });
    const id = await chat.talk("Hello!");
    const { body } = await platform.call("listMessages", { as: chat.key, params: { id } });
    expect(body.data[1]).toMatchObject({ role: "assistant", content: "You said: Hello!" });
  });
});

describe("The receiver in the README", () => {
  it("takes what the platform sends, and nothing that another signs or changes", async () => {
    const { key: as } = await platform.team();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/hooks`;
    const { id, secret } = await aWebhookEndpoint(platform, as, { url });
    const printed = await start(receiver, port, { SECRET: secret });
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
