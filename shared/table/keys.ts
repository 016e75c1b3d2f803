import { hash } from "node:crypto";
import type { Id } from "../runtime/ids.ts";
import type { IdPrefix } from "../runtime/nouns.ts";

/** The time in the place of a row whose list is ordered by time; ISO 8601. */
export const timeInList = (row: Readonly<Record<string, unknown>>) =>
  String(row["list_sk"]).split("#")[0] ?? "";

/** A row's address. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

const sha256 = (text: string) => hash("sha256", text);
const team = (teamId: Id<"team">) => `TEAM#${teamId}`;
const botPartition = (teamId: Id<"team">, botId: Id<"bot">) => `${team(teamId)}#BOT#${botId}`;
const digits = (number: number, length: number) => String(number).padStart(length, "0");

/** The id at the end of a key or of a place in a list. Who reads it says of what kind it is. */
export const idAtEnd = <P extends IdPrefix>(text: string) =>
  // The makers below take no other kind there.
  text.slice(text.lastIndexOf("#") + 1) as Id<P>;

/** What rows call the ids that they name beside their keys. */
interface NamedIds {
  readonly bot_id: Id<"bot">;
  readonly channel_id: Id<"ch">;
  readonly conversation_id: Id<"conv">;
}

/** The ids in a row whose maker names them there: the bot of an address, the conversation of its key. */
export const namedIn = (row: Readonly<Record<string, unknown>>) =>
  // Their kinds are held by `test/contract/data-model.test.ts`.
  row as unknown as NamedIds;

/** The key of a conversation, from what makes it one (chat, thread, user): hashed, so any length fits. */
export const hashOf = (...parts: readonly string[]) => sha256(JSON.stringify(parts));

/** All keys of the table, built here alone. */
export const keys = {
  team: (teamId: Id<"team">): Key => ({ pk: team(teamId), sk: "TEAM" }),
  dataKey: (teamId: Id<"team">): Key => ({ pk: team(teamId), sk: "DATA_KEY#1" }),
  apiKey: (teamId: Id<"team">, keyId: Id<"key">): Key => ({
    pk: team(teamId),
    sk: `API_KEY#${keyId}`,
  }),
  credential: (hash: string): Key => ({ pk: `API_KEY_HASH#${hash}`, sk: "CREDENTIAL" }),
  bot: (teamId: Id<"team">, botId: Id<"bot">): Key => ({ pk: team(teamId), sk: `BOT#${botId}` }),
  integrationAddress: (teamId: Id<"team">, id: Id<"int">): Key => ({
    pk: team(teamId),
    sk: `INTEGRATION#${id}`,
  }),
  channelAddress: (teamId: Id<"team">, id: Id<"ch">): Key => ({
    pk: team(teamId),
    sk: `CHANNEL#${id}`,
  }),
  hook: (channelId: Id<"ch">): Key => ({ pk: `HOOK#${channelId}`, sk: "HOOK" }),
  integration: (teamId: Id<"team">, botId: Id<"bot">, id: Id<"int">): Key => ({
    pk: botPartition(teamId, botId),
    sk: `INTEGRATION#${id}`,
  }),
  channel: (teamId: Id<"team">, botId: Id<"bot">, id: Id<"ch">): Key => ({
    pk: botPartition(teamId, botId),
    sk: `CHANNEL#${id}`,
  }),
  platformAccount: (teamId: Id<"team">, type: string, accountId: string): Key => ({
    pk: team(teamId),
    sk: `PLATFORM_ACCOUNT#${type}#${accountId}`,
  }),
  connection: (teamId: Id<"team">, channelId: Id<"ch">): Key => ({
    pk: `${team(teamId)}#CHANNEL#${channelId}`,
    sk: "CONNECT",
  }),
  conversationCount: (
    teamId: Id<"team">,
    botId: Id<"bot">,
    channelId: Id<"ch">,
    shard: number,
  ): Key => ({
    pk: botPartition(teamId, botId),
    sk: `COUNT#${channelId}#${shard}`,
  }),
  userConversation: (
    teamId: Id<"team">,
    botId: Id<"bot">,
    platform: string,
    userId: string,
    conversationId: Id<"conv">,
  ): Key => ({
    pk: prefixes.userConversations(teamId, botId, platform, userId).pk,
    sk: `CONVERSATION#${conversationId}`,
  }),
  conversationKey: (teamId: Id<"team">, channelId: Id<"ch">, hash: string): Key => ({
    pk: `${team(teamId)}#CHANNEL#${channelId}#KEY#${hash}`,
    sk: "KEY",
  }),
  receipt: (teamId: Id<"team">, channelId: Id<"ch">, identity: string): Key => ({
    pk: `${team(teamId)}#CHANNEL#${channelId}#RECEIPT#${sha256(identity)}`,
    sk: "RECEIPT",
  }),
  alias: (teamId: Id<"team">, channelId: Id<"ch">, kind: "chat" | "user", id: string): Key => ({
    pk: prefixes.aliases(teamId, channelId).pk,
    sk: `ALIAS#${hashOf(kind, id)}`,
  }),
  message: (teamId: Id<"team">, conversationId: Id<"conv">, number: number): Key => ({
    pk: conversationPartition(teamId, conversationId),
    sk: messageSk(number),
  }),
  file: (
    teamId: Id<"team">,
    conversationId: Id<"conv">,
    number: number,
    fileId: Id<"file">,
  ): Key => ({
    pk: conversationPartition(teamId, conversationId),
    sk: `FILE#${digits(number, 12)}#${fileId}`,
  }),
  conversation: (teamId: Id<"team">, conversationId: Id<"conv">): Key => ({
    pk: conversationPartition(teamId, conversationId),
    sk: "STATE",
  }),
  conversationWork: (teamId: Id<"team">, conversationId: Id<"conv">): Key => ({
    pk: conversationPartition(teamId, conversationId),
    sk: "WORK",
  }),
  figures: (
    teamId: Id<"team">,
    botId: Id<"bot">,
    shard: number,
    day: string,
    integrationId: Id<"int"> | "none",
  ): Key => ({
    pk: prefixes.figures(teamId, botId, shard).pk,
    sk: `${day}#${integrationId}`,
  }),
  usage: (teamId: Id<"team">, shard: number, day: string): Key => ({
    pk: prefixes.usage(teamId, shard).pk,
    sk: day,
  }),
  agentLoop: (teamId: Id<"team">, loopId: Id<"loop">): Key => ({
    pk: team(teamId),
    sk: `AGENT_LOOP#${loopId}`,
  }),
  executionCounter: (teamId: Id<"team">, loopId: Id<"loop">): Key => ({
    pk: loopPartition(teamId, loopId),
    sk: "COUNTER",
  }),
  schedule: (teamId: Id<"team">, loopId: Id<"loop">): Key => ({
    pk: loopPartition(teamId, loopId),
    sk: "SCHEDULE",
  }),
  execution: (teamId: Id<"team">, id: Id<"exec">): Key => ({
    pk: executionPartition(teamId, id),
    sk: "EXECUTION",
  }),
  executionText: (teamId: Id<"team">, id: Id<"exec">): Key => ({
    pk: executionPartition(teamId, id),
    sk: "TEXT",
  }),
  executionWork: (teamId: Id<"team">, id: Id<"exec">): Key => ({
    pk: executionPartition(teamId, id),
    sk: "WORK",
  }),
  step: (teamId: Id<"team">, executionId: Id<"exec">, number: number): Key => ({
    pk: executionPartition(teamId, executionId),
    sk: stepSk(number),
  }),
  webhook: (teamId: Id<"team">, id: Id<"wh">): Key => ({
    pk: team(teamId),
    sk: `WEBHOOK#${id}`,
  }),
  event: (teamId: Id<"team">, id: Id<"evt">): Key => ({
    pk: `${team(teamId)}#EVENT#${id}`,
    sk: "EVENT",
  }),
  delivery: (teamId: Id<"team">, id: Id<"dlv">): Key => ({
    pk: `${team(teamId)}#DELIVERY#${id}`,
    sk: "DELIVERY",
  }),
  job: (teamId: Id<"team">, jobId: Id<"job">): Key => ({
    pk: `${team(teamId)}#JOB#${jobId}`,
    sk: "JOB",
  }),
  replay: (teamId: Id<"team">, jobId: Id<"job">): Key => ({
    pk: `${team(teamId)}#REPLAY#${jobId}`,
    sk: "REPLAY",
  }),
  auditEntry: (teamId: Id<"team">, id: Id<"aud">): Key => ({
    pk: auditPartition(teamId),
    sk: id,
  }),
  idempotency: (teamId: Id<"team">, key: string): Key => ({
    pk: `${team(teamId)}#IDEMPOTENCY#${sha256(key)}`,
    sk: "RECORD",
  }),
  place: (pool: string, number: number): Key => ({
    pk: `WORKER#${pool}`,
    sk: `PLACE#${digits(number, 4)}`,
  }),
};

/** The number of the message that a file is of. */
export const fileNumber = ({ sk }: Key) => Number(sk.split("#")[1]);

/** The number of a place. */
export const placeNumber = ({ sk }: Key) => Number(sk.slice("PLACE#".length));

const loopPartition = (teamId: Id<"team">, loopId: Id<"loop">) =>
  `${team(teamId)}#AGENT_LOOP#${loopId}`;

const executionPartition = (teamId: Id<"team">, id: Id<"exec">) =>
  `${team(teamId)}#EXECUTION#${id}`;

/** The sort key of a step: dense numbers from 1, in order. */
export const stepSk = (number: number) => `STEP#${digits(number, 6)}`;

/** The place of an execution in its loop's list. */
export const executionListSk = (number: number) => digits(number, 12);

/** One for a team: what people configure changes seldom. */
const auditPartition = (teamId: Id<"team">) => `${team(teamId)}#AUDIT`;

const conversationPartition = (teamId: Id<"team">, conversationId: Id<"conv">) =>
  `${team(teamId)}#CONVERSATION#${conversationId}`;

/** The sort key of a message: dense numbers from 1, in order. */
export const messageSk = (number: number) => `MESSAGE#${digits(number, 12)}`;

/** Partitions with the beginning of the sort keys that belong together. */
export const prefixes = {
  bots: (teamId: Id<"team">) => ({ pk: team(teamId), prefix: "BOT#" }),
  agentLoops: (teamId: Id<"team">) => ({ pk: team(teamId), prefix: "AGENT_LOOP#" }),
  webhooks: (teamId: Id<"team">) => ({ pk: team(teamId), prefix: "WEBHOOK#" }),
  steps: (teamId: Id<"team">, executionId: Id<"exec">) => ({
    pk: executionPartition(teamId, executionId),
    prefix: "STEP#",
  }),
  apiKeys: (teamId: Id<"team">) => ({ pk: team(teamId), prefix: "API_KEY#" }),
  ofTeam: (teamId: Id<"team">) => ({ pk: team(teamId), prefix: "" }),
  integrations: (teamId: Id<"team">, botId: Id<"bot">) => ({
    pk: botPartition(teamId, botId),
    prefix: "INTEGRATION#",
  }),
  channels: (teamId: Id<"team">, botId: Id<"bot">) => ({
    pk: botPartition(teamId, botId),
    prefix: "CHANNEL#",
  }),
  conversationCounts: (teamId: Id<"team">, botId: Id<"bot">, channelId?: Id<"ch">) => ({
    pk: botPartition(teamId, botId),
    prefix: channelId === undefined ? "COUNT#" : `COUNT#${channelId}#`,
  }),
  userConversations: (teamId: Id<"team">, botId: Id<"bot">, platform: string, userId: string) => ({
    // The user's id comes from outside; hashing keeps every partition key short and unambiguous.
    pk: `${botPartition(teamId, botId)}#USER#${platform}#${sha256(userId)}`,
    prefix: "CONVERSATION#",
  }),
  aliases: (teamId: Id<"team">, channelId: Id<"ch">) => ({
    pk: `${team(teamId)}#CHANNEL#${channelId}#ALIASES`,
    prefix: "ALIAS#",
  }),
  figures: (teamId: Id<"team">, botId: Id<"bot">, shard: number) => ({
    pk: `${botPartition(teamId, botId)}#FIGURES#${shard}`,
    prefix: "",
  }),
  usage: (teamId: Id<"team">, shard: number) => ({
    pk: `${team(teamId)}#USAGE#${shard}`,
    prefix: "",
  }),
  auditEntries: (teamId: Id<"team">) => ({ pk: auditPartition(teamId), prefix: "" }),
  places: (pool: string) => ({ pk: `WORKER#${pool}`, prefix: "PLACE#" }),
  messages: (teamId: Id<"team">, conversationId: Id<"conv">) => ({
    pk: conversationPartition(teamId, conversationId),
    prefix: "MESSAGE#",
  }),
  files: (teamId: Id<"team">, conversationId: Id<"conv">) => ({
    pk: conversationPartition(teamId, conversationId),
    prefix: "FILE#",
  }),
};

/** A partition with the beginning of the sort keys of some of its rows, or of all. */
export interface Rows {
  readonly pk: string;
  readonly prefix: string;
}

/** Asks for the rows that begin so. */
export const under = ({ pk, prefix }: Rows) => ({
  pk,
  ...(prefix && { where: { begins: prefix } }),
});

/** Partitions of the index `listed`. */
export const lists = {
  teams: "TEAMS",
  executions: (teamId: Id<"team">, loopId: Id<"loop">) => loopPartition(teamId, loopId),
  deliveries: (teamId: Id<"team">, webhookId: Id<"wh">) => `${team(teamId)}#WEBHOOK#${webhookId}#0`,
  conversations: (teamId: Id<"team">, channelId: Id<"ch">) =>
    `${team(teamId)}#CHANNEL#${channelId}#0`,
};
