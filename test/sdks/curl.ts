import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { fullName, methodsOf } from "#lib/sdk/model";
import { curl } from "#lib/sdk/samples";
import type { Ground } from "./bench.ts";
import { answerByExample, isOf } from "./examples.ts";

const run = promisify(execFile);

/** Runs every `curl` of the reference as a shell does, and looks at what comes of it. */
export async function checkCurl({ model, proxy, platform }: Ground): Promise<void> {
  const env = {
    ...process.env,
    CHATBOT_PLATFORM_API_KEY: platform.key,
    CHATBOT_PLATFORM_BASE_URL: proxy.url,
  };
  for (const method of methodsOf(model)) {
    proxy.answerAll(answerByExample(model));
    const { stdout } = await run("sh", ["-c", curl(method)], { env, timeout: 10_000 });
    const [seen] = proxy.seen;
    assert.ok(
      seen && isOf(method, seen),
      `${fullName(method)} asked ${seen?.method} ${seen?.path}`,
    );
    assert.equal(
      seen.headers["authorization"],
      method.authorized ? `Bearer ${platform.key}` : undefined,
    );
    assert.deepEqual(JSON.parse(seen.body || "null"), method.example.body ?? null);
    assert.deepEqual(JSON.parse(stdout), method.example.answer ?? {});
  }
  proxy.plan();
}
