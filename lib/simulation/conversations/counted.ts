import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import type { StoredMessage } from "#shared/conversations/message";
import { FinalStatus } from "#shared/executions/execution";
import { tokensIn } from "#shared/figures/count-usage";
import { prefixes } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import type { Chat } from "./chat.ts";
import type { SeenConversation, SeenConversations } from "./seen-conversations.ts";

/** What is looked at. */
interface Counted {
  readonly chat: Pick<Chat, "team_id" | "bot">;
  readonly seen: SeenConversations;
  readonly rows: readonly Item[];
}

type Sums = Map<string, Map<string, number>>;

/** What was counted of the integrations of a bot, and of its team, is what happened, whatever befell it. */
export function checkCounted({ chat, seen, rows }: Counted, say: (problem: string) => void): void {
  const { team_id, bot } = chat;
  const counted: Sums = new Map();
  const ofBot = prefixes.figures(team_id, bot.id, 0).pk.slice(0, -1);
  const ofTeam = prefixes.usage(team_id, 0).pk.slice(0, -1);
  for (const { pk, sk, remove_at: _, ...figures } of rows) {
    const whose = pk.startsWith(ofBot) ? sk.split("#")[1] : pk.startsWith(ofTeam) && "team";
    if (!whose) continue;
    for (const [name, count] of Object.entries(figures)) add(counted, whose, kindOf(name), count);
  }
  const right = whatHappened(seen.all());
  for (const row of rows) addRow(right, row);
  for (const whose of new Set([...counted.keys(), ...right.keys()])) {
    const [found, wanted] = [sorted(counted, whose), sorted(right, whose)];
    if (!isDeepStrictEqual(found, wanted)) {
      say(`of ${whose} is counted ${JSON.stringify(found)} and was ${JSON.stringify(wanted)}`);
    }
  }
}

/** Why something failed, and how long it took, nobody has seen. */
const kindOf = (figure: string) => figure.replace(/^(failed|latency)_.*/, "$1");

function whatHappened(all: readonly SeenConversation[]): Sums {
  const sums: Sums = new Map();
  for (const { messages, failed } of all) {
    for (const ids of failed.values()) {
      for (const [index, id] of ids.entries()) {
        add(sums, id, "failed", 1);
        if (index === 0) add(sums, id, "asked_first", 1);
      }
    }
    for (const message of messages.values()) {
      if (message.role === "assistant") addReply(sums, message, failed);
      else add(sums, "team", "messages", 1);
    }
  }
  return sums;
}

/** Executions and deliveries stay as long as any run. */
function addRow(sums: Sums, { sk, status, ...row }: Item): void {
  if (sk === "DELIVERY") add(sums, "team", "deliveries", 1);
  if (sk !== "EXECUTION" || !v.is(FinalStatus, status)) return;
  add(sums, "team", `executions_${status}`, 1);
  addTokens(sums, "team", row);
}

function addReply(
  sums: Sums,
  { integration_id, reply_to = 0, metadata }: StoredMessage,
  failed: SeenConversation["failed"],
): void {
  add(sums, "team", "replies", 1);
  if (integration_id === null) return add(sums, "none", "unanswered", 1);
  add(sums, integration_id, "replies", 1);
  add(sums, integration_id, "latency", 1);
  add(sums, integration_id, failed.has(reply_to) ? "fallbacks" : "asked_first", 1);
  addTokens(sums, integration_id, metadata["usage"]);
  addTokens(sums, "team", metadata["usage"]);
}

function addTokens(sums: Sums, whose: string, usage: unknown): void {
  for (const [name, count] of Object.entries(tokensIn(usage))) add(sums, whose, name, count);
}

function add(sums: Sums, whose: string, name: string, count: unknown): void {
  const own = sums.get(whose) ?? new Map<string, number>();
  sums.set(whose, own.set(name, (own.get(name) ?? 0) + Number(count)));
}

const sorted = (sums: Sums, whose: string) =>
  [...(sums.get(whose) ?? [])].sort(([one], [other]) => (one < other ? -1 : 1));
