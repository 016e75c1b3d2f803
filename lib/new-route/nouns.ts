import type { Tag } from "#shared/http/define-route";
import type { IdPrefix } from "#shared/runtime/ids";

/** A noun of the API as the files of a route name it. */
export interface Noun {
  /** In sentences. */
  readonly singular: string;
  readonly plural: string;
  readonly prefix: IdPrefix;
  readonly tag: Tag;
  /** What its scopes begin with; one without `:` is the whole scope. */
  readonly scope: string;
  /** Where one of them and all of them are. */
  readonly path: string;
  /** Under what they are listed and created, when that is no list of the team's. */
  readonly under?: { readonly path: string; readonly parameter: string; readonly noun: string };
  /** How a test makes one for the key `as`, and of what noun it needs one for that. */
  readonly making?: { readonly code: string; readonly needs?: string };
}

const ofBot = { path: "/v1/bots/{bot_id}", parameter: "bot_id", noun: "bots" };

/** The nouns that routes are written for, by their folder. */
export const nouns: Readonly<Record<string, Noun>> = {
  bots: {
    singular: "bot",
    plural: "bots",
    prefix: "bot",
    tag: "Bots",
    scope: "bots",
    path: "/v1/bots",
    making: {
      code: `created(platform, "createBot", { as, body: { name: "Concierge" } })`,
    },
  },
  integrations: {
    singular: "integration",
    plural: "integrations",
    prefix: "int",
    tag: "Integrations",
    scope: "integrations",
    path: "/v1/integrations",
    under: ofBot,
    making: {
      code: `created(platform, "createIntegration", { as, params: { bot_id: await aBot(as) }, body: { name: "Backend", url: "http://127.0.0.1:9/" } })`,
      needs: "bots",
    },
  },
  channels: {
    singular: "channel",
    plural: "channels",
    prefix: "ch",
    tag: "Channels",
    scope: "channels",
    path: "/v1/channels",
    under: ofBot,
    making: {
      code: `created(platform, "createChannel", { as, params: { bot_id: await aBot(as) }, body: { type: "web" } })`,
      needs: "bots",
    },
  },
  conversations: {
    singular: "conversation",
    plural: "conversations",
    prefix: "conv",
    tag: "Conversations",
    scope: "conversations",
    path: "/v1/conversations",
    under: ofBot,
    making: {
      code: `platform.call("sendMessage", { as, params: { id: await aChannel(as) }, body: { user: { id: "ada" }, content: "Hello!" } }).then(({ body }): string => body.data.message.conversation_id)`,
      needs: "channels",
    },
  },
  "agent-loops": {
    singular: "agent loop",
    plural: "agent loops",
    prefix: "loop",
    tag: "Agent loops",
    scope: "agent-loops",
    path: "/v1/agent-loops",
    making: {
      code: `created(platform, "createAgentLoop", { as, body: { name: "Reports", system_prompt: "Be brief.", user_message: "Report." } })`,
    },
  },
  executions: {
    singular: "execution",
    plural: "executions",
    prefix: "exec",
    tag: "Agent loops",
    scope: "agent-loops",
    path: "/v1/executions",
    under: { path: "/v1/agent-loops/{id}", parameter: "id", noun: "agent-loops" },
    making: {
      code: `created(platform, "runAgentLoop", { as, params: { id: await anAgentLoop(as) } })`,
      needs: "agent-loops",
    },
  },
  webhooks: {
    singular: "webhook endpoint",
    plural: "webhook endpoints",
    prefix: "wh",
    tag: "Webhooks",
    scope: "webhooks",
    path: "/v1/webhooks",
  },
  deliveries: {
    singular: "delivery",
    plural: "deliveries",
    prefix: "dlv",
    tag: "Webhooks",
    scope: "webhooks",
    path: "/v1/deliveries",
    under: { path: "/v1/webhooks/{id}", parameter: "id", noun: "webhooks" },
  },
  "api-keys": {
    singular: "API key",
    plural: "API keys",
    prefix: "key",
    tag: "Team",
    scope: "admin",
    path: "/v1/api-keys",
  },
};
