import { ApiError, notFound } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { type HoldDeps, whileHeld } from "../work/hold-request.ts";
import { askBackend, type BackendDeps } from "./backend.ts";
import type { IntegrationStore } from "./integration-store.ts";

/**
 * Calls a backend once, outside any conversation; a backend that fails is an answer too. Throws a 429 when that takes longer
 * than a second and too many others wait.
 */
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
  const call = {
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
  };
  const asked = { team_id: teamId, target: bot.id };
  const answer = await whileHeld(deps, asked, deadline, (turnedAway) =>
    askBackend(deps, teamId, integration, { ...call, signal: turnedAway }).catch((error) => {
      throw turnedAway.aborted ? tooManyWait() : error;
    }),
  );
  return {
    ok: answer.ok,
    latency_ms: deps.clock() - startedAt,
    status: answer.status,
    content: answer.ok ? answer.content : null,
    error: answer.ok ? null : { code: answer.code, message: answer.message },
  };
}

const tooManyWait = () =>
  new ApiError(
    "rate_limit_exceeded",
    "The backend was called and did not answer within a second, and no more requests of your team may wait for longer now. Repeat this when others have ended.",
    { retryAfterSeconds: 5 },
  );

export interface TestIntegrationDeps extends BackendDeps, HoldDeps {
  readonly integrations: IntegrationStore;
}
