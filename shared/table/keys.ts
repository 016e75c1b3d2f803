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
  job: (teamId: string, jobId: string): Key => ({ pk: `${team(teamId)}#JOB#${jobId}`, sk: "JOB" }),
  idempotency: (teamId: string, key: string): Key => ({
    pk: `${team(teamId)}#IDEMPOTENCY#${sha256(key)}`,
    sk: "RECORD",
  }),
};

const conversationPartition = (teamId: string, conversationId: string) =>
  `${team(teamId)}#CONVERSATION#${conversationId}`;

/** The sort key of a message: dense numbers from 1, in order. */
export const messageSk = (number: number) => `MESSAGE#${digits(number, 12)}`;

/** Partitions with the beginning of the sort keys that belong together. */
export const prefixes = {
  bots: (teamId: string) => ({ pk: team(teamId), prefix: "BOT#" }),
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
  messages: (teamId: string, conversationId: string) => ({
    pk: conversationPartition(teamId, conversationId),
    prefix: "MESSAGE#",
  }),
};

/** Partitions of the index `listed`. */
export const lists = {
  teams: "TEAMS",
  conversations: (teamId: string, channelId: string) => `${team(teamId)}#CHANNEL#${channelId}#0`,
};

/** Which of the eight partitions of the index `due` a work item stands in. */
export function dueShard(pk: string): number {
  let hash = 0;
  for (let index = 0; index < pk.length; index++) hash = (hash * 31 + pk.charCodeAt(index)) | 0;
  return Math.abs(hash) % 8;
}

/** What a work item is, as its key says. */
export type WorkRef =
  | { readonly kind: "conversation"; readonly team_id: string; readonly conversation_id: string }
  | { readonly kind: "job"; readonly team_id: string; readonly job_id: string };

/** Reads kind and ids of a work item from its key. Throws on a key that is none. */
export function workRefOf({ pk }: Key): WorkRef {
  const [, teamId, noun, id] = pk.split("#");
  if (teamId && id && noun === "CONVERSATION") {
    return { kind: "conversation", team_id: teamId, conversation_id: id };
  }
  if (teamId && id && noun === "JOB") return { kind: "job", team_id: teamId, job_id: id };
  throw new Error(`${pk} is not the key of a work item.`);
}

/** The key of a work item. */
export function workKey(ref: WorkRef): Key {
  switch (ref.kind) {
    case "conversation":
      return keys.conversationWork(ref.team_id, ref.conversation_id);
    case "job":
      return keys.job(ref.team_id, ref.job_id);
  }
}
