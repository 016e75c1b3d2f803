import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Webhook } from "standardwebhooks";
import { keep } from "#lib/children";
import { quietPort } from "#test/support/quiet-port";
import { within } from "#test/support/within";

/** What the examples that listen verify with. */
export const secret = `whsec_${Buffer.from("of the examples, all 32 bytes of").toString("base64")}`;

/** How an example that listens is started, and in which surroundings. */
interface Listening {
  readonly program: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Without what it says on standard error. */
  readonly isQuiet?: boolean;
}

/** Starts an example that listens, and sends it what the platform would; it answers with this status. */
export async function answersSigned(
  { program, args = [], env, isQuiet = false }: Listening,
  body: unknown,
  status: number,
): Promise<void> {
  const port = String(await quietPort());
  const child = spawn(program, args, {
    env: { ...process.env, ...env, PORT: port },
    stdio: ["ignore", "pipe", isQuiet ? "ignore" : "inherit"],
  });
  keep(child);
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${program} ${args.join(" ")} ended with ${code}.`);
  });
  try {
    assert(child.stdout);
    await within(30, Promise.race([once(child.stdout, "data"), ended]));
    const [text, id, at] = [JSON.stringify(body), "evt_1", new Date()];
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign(id, at, text),
    };
    const address = `http://127.0.0.1:${port}`;
    const signal = AbortSignal.timeout(30_000);
    const response = await fetch(address, { method: "POST", body: text, headers, signal });
    assert.equal(response.status, status, await response.text());
  } finally {
    child.kill("SIGKILL");
  }
}
