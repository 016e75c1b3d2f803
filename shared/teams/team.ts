import * as v from "valibot";
import { Scope } from "../auth/scopes.ts";
import type { Id } from "../runtime/ids.ts";
import { type LimitName, nouns } from "../runtime/nouns.ts";
import { id, shownTime } from "../schema/fields.ts";
import type { Parent } from "../table/another-child.ts";

/** What a team pays for; it decides the requests per minute of each of its keys. */
export const Plan = v.pipe(
  v.picklist(["free", "pro", "enterprise"]),
  v.title("Plan"),
  v.description("The team's plan, by which each of its keys may make so many requests a minute."),
);
export type Plan = v.InferOutput<typeof Plan>;

/** Requests per minute and key, by plan. */
export const requestsPerMinute: Readonly<Record<Plan, number>> = {
  free: 60,
  pro: 300,
  enterprise: 1000,
};

const limited = Object.values(nouns)
  .flatMap(({ limit, plural, under }) => {
    const parent = (under ? nouns[under.noun] : nouns.teams).singular;
    return limit ? [{ ...limit, plural, parent, isUnder: under !== undefined }] : [];
  })
  .toSorted((one, other) => Number(one.isUnder) - Number(other.isUnder));

/** How many of each resource there can be: those of a team, then those of a bot. */
export const limits = forEachLimit(({ most }) => most);

/** Gives each limit a value. */
function forEachLimit<T>(valueOf: (limit: (typeof limited)[number]) => T) {
  // Every limit has its entry.
  return Object.fromEntries(limited.map((one) => [one.name, valueOf(one)])) as Record<LimitName, T>;
}

/** A team as it is stored. */
export interface StoredTeam extends Parent {
  readonly id: Id<"team">;
  readonly name: string;
  readonly plan: Plan;
  readonly created_at: string;
}

/** What the audit log tells of a team. */
export const auditedTeam = ({ name, plan }: StoredTeam) => ({ name, plan });

/** The calling key's team, as the API shows it. */
export const Team = v.pipe(
  v.object({
    id: id("team"),
    name: v.pipe(v.string(), v.description("What whoever runs the platform calls the team.")),
    plan: Plan,
    limits: v.pipe(
      v.object({
        requests_per_minute: v.pipe(
          v.number(),
          v.integer(),
          v.description("How many requests each key of the team may make in a minute."),
        ),
        ...forEachLimit(({ most, plural, parent }) =>
          v.pipe(
            v.number(),
            v.integer(),
            v.description(`How many ${plural} a ${parent} can have: ${most}.`),
          ),
        ),
      }),
      v.title("TeamLimits"),
      v.description("What the plan allows, and how many of each resource there can be."),
    ),
    scopes: v.pipe(v.array(Scope), v.description("The scopes of the calling key.")),
    api_key: v.pipe(
      v.object({
        id: id("key"),
        name: v.pipe(v.string(), v.description("What the team calls the key.")),
        last_four: v.pipe(
          v.string(),
          v.description(
            "The last four characters of the key: of its new value, while an older one works beside that.",
          ),
        ),
        expires_at: v.pipe(
          v.nullable(shownTime),
          v.description("When the key ends; null for one without an end."),
        ),
      }),
      v.title("CallingApiKey"),
      v.description("The key that the request was made with."),
    ),
    created_at: shownTime,
  }),
  v.title("Team"),
  v.description("The team of the calling key, with what its plan and that key allow."),
);
