import { ApiError } from "../errors/api-error.ts";
import { newIntegration } from "../integrations/new-integration.ts";
import { integrationItems } from "../integrations/integration-store.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Mint } from "../runtime/mint.ts";
import { limits } from "../teams/team.ts";
import type { BotInput, StoredBot } from "./bot.ts";
import type { BotStore } from "./bot-store.ts";
import { checkBot } from "./check-bot.ts";

export interface CreateBotDeps {
  readonly bots: BotStore;
}

/** Creates a bot with its `echo` integration, so that it answers before it has a backend. */
export async function createBot(
  { bots }: CreateBotDeps,
  teamId: string,
  input: BotInput,
  mint: Mint,
): Promise<StoredBot> {
  checkBot(input);
  const at = isoTime(mint.now);
  const id = mint.id("bot");
  const others = (await bots.list(teamId)).filter((bot) => bot.id !== id);
  if (others.length >= limits.bots) {
    throw new ApiError(
      "conflict",
      `A team can have ${limits.bots} bots. Delete one to make another.`,
    );
  }
  const bot = { ...input, id, version: 1, created_at: at, updated_at: at };
  const echo = newIntegration({ id: mint.id("int"), bot_id: id, name: "Echo", type: "echo", at });
  await bots.insert(
    teamId,
    bot,
    integrationItems(teamId, echo).map((putIfAbsent) => ({ putIfAbsent })),
  );
  return bot;
}
