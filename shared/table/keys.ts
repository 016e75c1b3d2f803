import { createHash } from "node:crypto";

/** A row's address. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const team = (teamId: string) => `TEAM#${teamId}`;
const botPartition = (teamId: string, botId: string) => `${team(teamId)}#BOT#${botId}`;
const digits = (number: number, length: number) => String(number).padStart(length, "0");

/** The key of a conversation, from what makes it one (chat, thread, user): hashed, so any length fits. */
export const hashOf = (...parts: readonly string[]) => sha256(JSON.stringify(parts));

/** All keys of the table, built here alone. */
export const keys = {
  team: (teamId: string): Key => ({ pk: team(teamId), sk: "TEAM" }),
  dataKey: (teamId: string): Key => ({ pk: team(teamId), sk: "DATA_KEY#1" }),
  apiKey: (teamId: string, keyId: string): Key => ({ pk: team(teamId), sk: `API_KEY#${keyId}` }),
  credential: (hash: string): Key => ({ pk: `API_KEY_HASH#${hash}`, sk: "CREDENTIAL" }),
  bot: (teamId: string, botId: string): Key => ({ pk: team(teamId), sk: `BOT#${botId}` }),
  integrationAddress: (teamId: string, id: string): Key => ({
    pk: team(teamId),
    sk: `INTEGRATION#${id}`,
  }),
  channelAddress: (teamId: string, id: string): Key => ({ pk: team(teamId), sk: `CHANNEL#${id}` }),
  integration: (teamId: string, botId: string, id: string): Key => ({
    pk: botPartition(teamId, botId),
    sk: `INTEGRATION#${id}`,
  }),
  channel: (teamId: string, botId: string, id: string): Key => ({
    pk: botPartition(teamId, botId),
    sk: `CHANNEL#${id}`,
  }),
  conversationCount: (teamId: string, botId: string, channelId: string, shard: number): Key => ({
    pk: botPartition(teamId, botId),
    sk: `COUNT#${channelId}#${shard}`,
  }),
  userConversation: (
    teamId: string,
    botId: string,
    platform: string,
    userId: string,
    conversationId: string,
  ): Key => ({
    pk: prefixes.userConversations(teamId, botId, platform, userId).pk,
    sk: `CONVERSATION#${conversationId}`,
  }),
  conversationKey: (teamId: string, channelId: string, hash: string): Key => ({
    pk: `${team(teamId)}#CHANNEL#${channelId}#KEY#${hash}`,
    sk: "KEY",
  }),
  receipt: (teamId: string, channelId: string, identity: string): Key => ({
    pk: `${team(teamId)}#CHANNEL#${channelId}#RECEIPT#${sha256(identity)}`,
    sk: "RECEIPT",
  }),
  message: (teamId: string, conversationId: string, number: number): Key => ({
    pk: conversationPartition(teamId, conversationId),
    sk: messageSk(number),
  }),
  conversation: (teamId: string, conversationId: string): Key => ({
    pk: conversationPartition(teamId, conversationId),
    sk: "STATE",
  }),
  conversationWork: (teamId: string, conversationId: string): Key => ({
    pk: conversationPartition(teamId, conversationId),
    sk: "WORK",
  }),
  agentLoop: (teamId: string, loopId: string): Key => ({
    pk: team(teamId),
    sk: `AGENT_LOOP#${loopId}`,
  }),
  executionCounter: (teamId: string, loopId: string): Key => ({
    pk: loopPartition(teamId, loopId),
    sk: "COUNTER",
  }),
  schedule: (teamId: string, loopId: string): Key => ({
    pk: loopPartition(teamId, loopId),
    sk: "SCHEDULE",
  }),
  execution: (teamId: string, id: string): Key => ({
    pk: executionPartition(teamId, id),
    sk: "EXECUTION",
  }),
  executionText: (teamId: string, id: string): Key => ({
    pk: executionPartition(teamId, id),
    sk: "TEXT",
  }),
  executionWork: (teamId: string, id: string): Key => ({
    pk: executionPartition(teamId, id),
    sk: "WORK",
  }),
  step: (teamId: string, executionId: string, number: number): Key => ({
    pk: executionPartition(teamId, executionId),
    sk: stepSk(number),
  }),
  event: (teamId: string, id: string): Key => ({ pk: `${team(teamId)}#EVENT#${id}`, sk: "EVENT" }),
  delivery: (teamId: string, id: string): Key => ({
    pk: `${team(teamId)}#DELIVERY#${id}`,
    sk: "DELIVERY",
  }),
  job: (teamId: string, jobId: string): Key => ({ pk: `${team(teamId)}#JOB#${jobId}`, sk: "JOB" }),
  idempotency: (teamId: string, key: string): Key => ({
    pk: `${team(teamId)}#IDEMPOTENCY#${sha256(key)}`,
    sk: "RECORD",
  }),
  place: (worker: string, number: number): Key => ({
    pk: `WORKER#${worker}`,
    sk: `PLACE#${digits(number, 4)}`,
  }),
};

/** The number of a place. */
export const placeNumber = ({ sk }: Key) => Number(sk.slice("PLACE#".length));

const loopPartition = (teamId: string, loopId: string) => `${team(teamId)}#AGENT_LOOP#${loopId}`;

const executionPartition = (teamId: string, id: string) => `${team(teamId)}#EXECUTION#${id}`;

/** The sort key of a step: dense numbers from 1, in order. */
export const stepSk = (number: number) => `STEP#${digits(number, 6)}`;

/** The place of an execution in its loop's list. */
export const executionListSk = (number: number) => digits(number, 12);

const conversationPartition = (teamId: string, conversationId: string) =>
  `${team(teamId)}#CONVERSATION#${conversationId}`;

/** The sort key of a message: dense numbers from 1, in order. */
export const messageSk = (number: number) => `MESSAGE#${digits(number, 12)}`;

/** Partitions with the beginning of the sort keys that belong together. */
export const prefixes = {
  bots: (teamId: string) => ({ pk: team(teamId), prefix: "BOT#" }),
  agentLoops: (teamId: string) => ({ pk: team(teamId), prefix: "AGENT_LOOP#" }),
  steps: (teamId: string, executionId: string) => ({
    pk: executionPartition(teamId, executionId),
    prefix: "STEP#",
  }),
  apiKeys: (teamId: string) => ({ pk: team(teamId), prefix: "API_KEY#" }),
  ofTeam: (teamId: string) => ({ pk: team(teamId), prefix: "" }),
  integrations: (teamId: string, botId: string) => ({
    pk: botPartition(teamId, botId),
    prefix: "INTEGRATION#",
  }),
  channels: (teamId: string, botId: string) => ({
    pk: botPartition(teamId, botId),
    prefix: "CHANNEL#",
  }),
  conversationCounts: (teamId: string, botId: string, channelId?: string) => ({
    pk: botPartition(teamId, botId),
    prefix: channelId === undefined ? "COUNT#" : `COUNT#${channelId}#`,
  }),
  userConversations: (teamId: string, botId: string, platform: string, userId: string) => ({
    // The user's id comes from outside; hashing keeps every partition key short and unambiguous.
    pk: `${botPartition(teamId, botId)}#USER#${platform}#${sha256(userId)}`,
    prefix: "CONVERSATION#",
  }),
  places: (worker: string) => ({ pk: `WORKER#${worker}`, prefix: "PLACE#" }),
  messages: (teamId: string, conversationId: string) => ({
    pk: conversationPartition(teamId, conversationId),
    prefix: "MESSAGE#",
  }),
};

/** Partitions of the index `listed`. */
export const lists = {
  teams: "TEAMS",
  executions: (teamId: string, loopId: string) => loopPartition(teamId, loopId),
  conversations: (teamId: string, channelId: string) => `${team(teamId)}#CHANNEL#${channelId}#0`,
};

/** The partitions of the index `due`; the counters of a channel are spread over as many. */
export const shards: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7];

/** Which of the partitions of the index `due` a work item stands in. */
export function dueShard(pk: string): number {
  let hash = 0;
  for (let index = 0; index < pk.length; index++) hash = (hash * 31 + pk.charCodeAt(index)) | 0;
  return Math.abs(hash) % shards.length;
}
