/** The groups of the reference, in their order, with what each holds. */
export const tags = {
  Bots: "A bot talks to users through its channels and lets its integrations answer.",
  Integrations: "The backends that answer for a bot: who gets which share, and who steps in.",
  Channels: "Where users talk to a bot.",
  Conversations: "What was said, kept in order.",
  "Agent loops": "Tasks that a model works on by itself with tools.",
  Webhooks: "Endpoints of yours that are told what happens.",
  Team: "The team that an API key belongs to, its keys, what it used and what was done.",
  System: "The state of the service and this reference.",
} as const;
export type Tag = keyof typeof tags;

interface Shape {
  /** In sentences. */
  readonly singular: string;
  readonly plural: string;
  /** What its ids begin with. */
  readonly prefix: string;
  /** Its group in the reference. Nouns without one have no routes of their own. */
  readonly tag?: Tag;
  /** What its scopes are called before `:read` and `:write`; `admin` stands alone. */
  readonly scope?: string;
  /** What it is listed and made under, when that is not the team, and how paths call that one's id. */
  readonly under?: { readonly noun: string; readonly parameter: string };
  /** How many there can be of it under one parent, and how the API calls this limit. */
  readonly limit?: { readonly name: string; readonly most: number };
}

const table = {
  bots: {
    singular: "bot",
    plural: "bots",
    prefix: "bot",
    tag: "Bots",
    scope: "bots",
    limit: { name: "bots", most: 500 },
  },
  integrations: {
    singular: "integration",
    plural: "integrations",
    prefix: "int",
    tag: "Integrations",
    scope: "integrations",
    under: { noun: "bots", parameter: "bot_id" },
    limit: { name: "integrations_per_bot", most: 20 },
  },
  channels: {
    singular: "channel",
    plural: "channels",
    prefix: "ch",
    tag: "Channels",
    scope: "channels",
    under: { noun: "bots", parameter: "bot_id" },
    limit: { name: "channels_per_bot", most: 20 },
  },
  conversations: {
    singular: "conversation",
    plural: "conversations",
    prefix: "conv",
    tag: "Conversations",
    scope: "conversations",
    under: { noun: "bots", parameter: "bot_id" },
  },
  messages: { singular: "message", plural: "messages", prefix: "msg" },
  files: { singular: "file", plural: "files", prefix: "file", tag: "Conversations" },
  "agent-loops": {
    singular: "agent loop",
    plural: "agent loops",
    prefix: "loop",
    tag: "Agent loops",
    scope: "agent-loops",
    limit: { name: "agent_loops", most: 500 },
  },
  executions: {
    singular: "execution",
    plural: "executions",
    prefix: "exec",
    tag: "Agent loops",
    scope: "agent-loops",
    under: { noun: "agent-loops", parameter: "id" },
  },
  steps: { singular: "step", plural: "steps", prefix: "step" },
  webhooks: {
    singular: "webhook endpoint",
    plural: "webhook endpoints",
    prefix: "wh",
    tag: "Webhooks",
    scope: "webhooks",
    limit: { name: "webhook_endpoints", most: 20 },
  },
  events: { singular: "event", plural: "events", prefix: "evt" },
  deliveries: {
    singular: "delivery",
    plural: "deliveries",
    prefix: "dlv",
    tag: "Webhooks",
    scope: "webhooks",
    under: { noun: "webhooks", parameter: "id" },
  },
  "api-keys": {
    singular: "API key",
    plural: "API keys",
    prefix: "key",
    tag: "Team",
    scope: "admin",
    limit: { name: "api_keys", most: 50 },
  },
  "audit-log": {
    singular: "audit entry",
    plural: "audit entries",
    prefix: "aud",
    tag: "Team",
    scope: "admin",
  },
  teams: { singular: "team", plural: "teams", prefix: "team" },
  jobs: { singular: "job", plural: "jobs", prefix: "job" },
  requests: { singular: "request", plural: "requests", prefix: "req" },
} as const satisfies Readonly<Record<string, Shape>>;

type Table = typeof table;
type Row = Table[NounName];

/** What a noun is called in paths, and its folder in `functions`. */
export type NounName = keyof Table;
/** The prefixes of all ids. */
export type IdPrefix = Row["prefix"];
/** What scopes are called before the colon. */
export type ScopeArea = Exclude<Extract<Row, { scope: string }>["scope"], "admin">;
/** How the API calls the limits. */
export type LimitName = Extract<Row, { limit: object }>["limit"]["name"];

/** One row of the table of nouns. */
export interface Noun extends Shape {
  readonly prefix: IdPrefix;
  readonly scope?: ScopeArea | "admin";
  readonly under?: { readonly noun: NounName; readonly parameter: string };
  readonly limit?: { readonly name: LimitName; readonly most: number };
}

/**
 * The one table of nouns. Ids, scopes, limits, the groups of the reference, `npm run new:route` and who makes one of each
 * read it. Its order is that of scopes and limits in the reference.
 */
export const nouns: Readonly<Record<NounName, Noun>> = table;
