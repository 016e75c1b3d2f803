import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { notFound } from "../errors/api-error.ts";
import { checkRoom } from "../errors/check-room.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Parts } from "../table/table.ts";
import type { TeamStore } from "../teams/team-store.ts";
import { auditedBot, type BotInput, type StoredBot } from "./bot.ts";
import type { BotStore } from "./bot-store.ts";
import { checkBot } from "./check-bot.ts";

/** Creates a bot with its `echo` integration, so that it answers before it has a backend. */
export async function createBot(
  { teams, bots, putEcho }: CreateBotDeps,
  by: Actor,
  input: BotInput,
  mint: Mint,
): Promise<StoredBot> {
  checkBot(input);
  const teamId = by.team_id;
  const at = isoTime(mint.now);
  const id = mint.id("bot");
  const bot = { ...input, id, version: 1, created_at: at, updated_at: at };
  const withIt = {
    ...putEcho(teamId, id, mint),
    ...auditPart(by, mint, {
      action: "bot.created",
      resource_id: id,
      before: null,
      after: auditedBot(bot),
    }),
  };
  return overChanges(["team", teamId], async () => {
    const team = await teams.find(teamId);
    if (!team) throw notFound();
    checkRoom("bots", await bots.list(teamId), id);
    const outcome = await bots.insert(teamId, bot, team, withIt);
    if (outcome === "gone") throw notFound();
    return outcome === "inserted" ? bot : undefined;
  });
}

export interface CreateBotDeps {
  readonly teams: TeamStore;
  readonly bots: BotStore;
  /** What every bot is born with. */
  readonly putEcho: (teamId: Id<"team">, botId: Id<"bot">, mint: Mint) => Parts;
}
