import { notFound } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { askBackend, type BackendDeps } from "./backend.ts";
import type { IntegrationStore } from "./integration-store.ts";

/** Calls a backend once, outside any conversation; a backend that fails is an answer too. */
export async function testIntegration(
  deps: TestIntegrationDeps,
  teamId: Id<"team">,
  id: Id<"int">,
  { message, mint, deadline }: { message: string; mint: Mint; deadline: number },
) {
  const found = await deps.integrations.find(teamId, id);
  if (!found) throw notFound();
  const { integration, bot } = found;
  const { system_prompt } = bot.settings;
  const messageId = mint.id("msg");
  const startedAt = deps.clock();
  const timeLeft = Math.min(integration.timeout_seconds * 1_000, deadline - startedAt);
  const answer = await askBackend(deps, teamId, integration, {
    id: messageId,
    timeout_ms: Math.max(1, timeLeft),
    request: {
      messages: [
        ...(system_prompt ? [{ role: "system", content: system_prompt }] : []),
        { role: "user", content: message },
      ],
      conversation_id: null,
      user: { id: "test", platform: "test", name: "Test", username: null },
      bot: { id: bot.id, name: bot.name },
      metadata: {
        channel: "test",
        channel_id: null,
        chat_id: null,
        message_id: messageId,
        thread_id: null,
      },
    },
  });
  return {
    ok: answer.ok,
    latency_ms: deps.clock() - startedAt,
    status: answer.status,
    content: answer.ok ? answer.content : null,
    error: answer.ok ? null : { code: answer.code, message: answer.message },
  };
}

export interface TestIntegrationDeps extends BackendDeps {
  readonly integrations: IntegrationStore;
}
