import type { Id } from "#shared/runtime/ids";
import { executionListSk, hashOf, keys, lists, prefixes, stepSk } from "#shared/table/keys";
import { dueShard } from "#shared/table/shards";
import type { Item } from "#shared/table/table";
import { type Api, askOf } from "../api.ts";
import { ended, makeAgentLoop, makeConversation, makeExecution } from "../one-of-each.ts";
import { conversationIdOf, executionIdOf, messageIdOf, row, timeOf } from "./made-up.ts";
import type { TableAccess } from "./table-access.ts";
import { webhookBot } from "./webhook-bot.ts";

/** Messages of a conversation, half of them replies. */
export const messagesEach = 100;
/** So many conversations go on at the same time, so their messages lie among each other. */
const atOnce = 100;
/** Messages to an execution. */
const messagesToExecution = 10;

/** A team's things, each made over the API once: their rows are the pattern of the others. */
export interface Pattern {
  readonly teamId: Id<"team">;
  readonly botId: Id<"bot">;
  readonly channelId: Id<"ch">;
  readonly loopId: Id<"loop">;
  readonly conversationId: Id<"conv">;
  readonly executionId: Id<"exec">;
}

/** Makes a bot with a conversation of two messages, and a loop with an execution of one step. */
export async function makePattern(
  api: Api,
  teamId: Id<"team">,
  backendUrl: string,
): Promise<Pattern> {
  const ask = askOf(api);
  const { botId, channelId } = await webhookBot(api, backendUrl);
  const said = await makeConversation(ask, channelId, { user: "regular", wait: 10 });
  const model = { provider: "openai", name: "bench", base_url: `${backendUrl}/v1`, api_key: "sk" };
  const loop = await makeAgentLoop(ask, { model });
  const execution = await ended(ask, await makeExecution(ask, loop.id));
  return {
    teamId,
    botId,
    channelId,
    loopId: loop.id,
    conversationId: said.id,
    executionId: execution.id,
  };
}

/** Who talks in the conversation with this number. */
export const userOf = (index: number): string => `user-${index}`;

/** Writes so many messages in conversations, with receipts, and a tenth of it in executions, as if they had come. */
export async function growTo(
  messages: number,
  access: TableAccess,
  pattern: Pattern,
): Promise<void> {
  const conversations = messages / messagesEach;
  access.putAll(await conversationRows(conversations, access, pattern));
  access.putAll(await executionRows(messages / messagesToExecution, access, pattern));
}

async function conversationRows(count: number, access: TableAccess, pattern: Pattern) {
  const { teamId, botId, channelId, conversationId } = pattern;
  const head = await row(access, keys.conversation(teamId, conversationId));
  const work = await row(access, keys.conversationWork(teamId, conversationId));
  const question = await row(access, keys.message(teamId, conversationId, 1));
  const reply = await row(access, keys.message(teamId, conversationId, 2));
  const [counter] = await access.table.queryAll({
    pk: prefixes.conversationCounts(teamId, botId).pk,
    where: { begins: prefixes.conversationCounts(teamId, botId, channelId).prefix },
  });
  const half = messagesEach / 2;

  function* message(index: number, number: number, at: string): Iterable<Item> {
    const id = conversationIdOf(botId, index);
    const isQuestion = number % 2 === 1;
    const user = { id: userOf(index), name: null, username: null };
    yield {
      ...(isQuestion ? question : reply),
      ...keys.message(teamId, id, number),
      id: messageIdOf(id, number),
      conversation_id: id,
      number,
      created_at: at,
      updated_at: at,
      ...(isQuestion
        ? { user, reply_number: number + 1, previous: Math.max(0, number - 2) }
        : { reply_to: number - 1 }),
    };
    if (isQuestion) yield receiptOf(pattern, id, number, twoWeeksFromNow);
  }

  function* aroundMessages(index: number, first: string, last: string): Iterable<Item> {
    const id = conversationIdOf(botId, index);
    const user = userOf(index);
    // As of every chat of the web: the next message of this user finds the conversation.
    const key_sha256 = hashOf("chat", user);
    yield {
      ...head,
      ...keys.conversation(teamId, id),
      id,
      chat_id: user,
      user: { id: user, name: null, username: null },
      key_sha256,
      message_count: messagesEach,
      user_count: half,
      assistant_count: half,
      last_said: messagesEach - 1,
      created_at: first,
      last_message_at: last,
      active_at: last,
      list_sk: `${last}#${id}`,
    };
    const handled = { last_inbound: messagesEach - 1, handled: messagesEach - 1 };
    yield { ...work, ...keys.conversationWork(teamId, id), ...handled };
    const key = keys.conversationKey(teamId, channelId, key_sha256);
    yield { ...key, conversation_id: id };
    const ofUser = keys.userConversation(teamId, botId, "web", user, id);
    yield { ...ofUser, conversation_id: id, created_at: first };
  }

  return (function* rows(): Iterable<Item> {
    const shards = new Map<string, Item>();
    if (counter) shards.set(counter.sk, counter);
    let second = 0;
    for (let first = 0; first < count; first += atOnce) {
      const group = Array.from({ length: Math.min(atOnce, count - first) }, (_, at) => first + at);
      const begun = second;
      for (let number = 1; number <= messagesEach; number++) {
        for (const index of group) yield* message(index, number, timeOf(second++));
      }
      for (const [at, index] of group.entries()) {
        const last = timeOf(second - group.length + at);
        yield* aroundMessages(index, timeOf(begun + at), last);
        const key = keys.conversationCount(
          teamId,
          botId,
          channelId,
          dueShard(conversationIdOf(botId, index)),
        );
        const n = Number(shards.get(key.sk)?.["n"] ?? 0) + 1;
        shards.set(key.sk, { ...counter, ...key, n });
      }
    }
    yield* shards.values();
  })();
}

const twoWeeksFromNow = Math.floor(Date.now() / 1_000) + 14 * 24 * 60 * 60;

function receiptOf(
  { teamId, channelId }: Pattern,
  id: Id<"conv">,
  number: number,
  remove_at: number,
): Item {
  const key = keys.receipt(teamId, channelId, `${id} ${number}`);
  return { ...key, conversation_id: id, number, remove_at };
}

/** Receipts that were to go at a unix second. */
export function* receipts(count: number, pattern: Pattern, removeAt: number): Iterable<Item> {
  for (let number = 0; number < count; number++) {
    yield receiptOf(pattern, pattern.conversationId, -1 - number, removeAt);
  }
}

async function executionRows(count: number, access: TableAccess, pattern: Pattern) {
  const { teamId, loopId, executionId } = pattern;
  const head = await row(access, keys.execution(teamId, executionId));
  const text = await row(access, keys.executionText(teamId, executionId));
  const work = await row(access, keys.executionWork(teamId, executionId));
  const step = await row(access, keys.step(teamId, executionId, 1));
  const counter = await row(access, keys.executionCounter(teamId, loopId));

  return (function* rows(): Iterable<Item> {
    // The pattern is the first.
    for (let number = 2; number <= count; number++) {
      const at = timeOf(number * messagesToExecution);
      const id = executionIdOf(loopId, number * messagesToExecution);
      const { pk } = keys.execution(teamId, id);
      const times = { started_at: at, completed_at: at, created_at: at, updated_at: at };
      yield {
        ...head,
        ...times,
        pk,
        id,
        number,
        list_pk: lists.executions(teamId, loopId),
        list_sk: executionListSk(number),
      };
      yield { ...text, pk };
      yield { ...work, pk };
      yield { ...step, pk, sk: stepSk(1), started_at: at };
    }
    yield { ...counter, last_number: count, last_execution_id: executionIdOf(loopId, count * 10) };
  })();
}
