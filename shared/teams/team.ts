import * as v from "valibot";
import { Scope } from "../auth/scopes.ts";
import { id, shownTime } from "../schema/fields.ts";

/** What a team pays for; it decides the requests per minute of each of its keys. */
export const Plan = v.picklist(["free", "pro", "enterprise"]);
export type Plan = v.InferOutput<typeof Plan>;

/** Requests per minute and key, by plan. */
export const requestsPerMinute: Readonly<Record<Plan, number>> = {
  free: 60,
  pro: 300,
  enterprise: 1000,
};

/** How many of each resource there can be: the one table of limits. */
export const limits = {
  bots: 500,
  agent_loops: 500,
  webhook_endpoints: 20,
  api_keys: 50,
  integrations_per_bot: 20,
  channels_per_bot: 20,
} as const;

/** A team as it is stored. */
export interface StoredTeam {
  readonly id: string;
  readonly name: string;
  readonly plan: Plan;
  readonly created_at: string;
  readonly deleted_at?: string;
}

/** The calling key's team, as the API shows it. */
export const Team = v.object({
  id: id("team"),
  name: v.string(),
  plan: Plan,
  limits: v.pipe(
    v.object({
      requests_per_minute: v.pipe(v.number(), v.integer()),
      bots: v.pipe(v.number(), v.integer()),
      agent_loops: v.pipe(v.number(), v.integer()),
      webhook_endpoints: v.pipe(v.number(), v.integer()),
      api_keys: v.pipe(v.number(), v.integer()),
      integrations_per_bot: v.pipe(v.number(), v.integer()),
      channels_per_bot: v.pipe(v.number(), v.integer()),
    }),
    v.description("What the plan allows, and how many of each resource there can be."),
  ),
  scopes: v.pipe(v.array(Scope), v.description("The scopes of the calling key.")),
  created_at: shownTime,
});
