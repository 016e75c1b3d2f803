import assert from "node:assert/strict";
import { fullName, methodsOf } from "#lib/sdk/model";
import { curl } from "#lib/sdk/samples";
import type { Ground } from "./bench.ts";
import { answerByExample, isOf } from "./examples.ts";
import { tool } from "./tool.ts";

/** Runs every `curl` of the reference as a shell does, and looks at what comes of it. */
export async function checkCurl({ model, proxy, platform }: Ground): Promise<void> {
  const env = {
    CHATBOT_PLATFORM_API_KEY: platform.key,
    CHATBOT_PLATFORM_BASE_URL: proxy.url,
  };
  for (const method of methodsOf(model)) {
    proxy.answerAll(answerByExample(model));
    const { stdout } = await tool("sh", ["-c", curl(method)], { env, seconds: 10 });
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
