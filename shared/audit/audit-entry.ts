import * as v from "valibot";
import type { Id } from "../runtime/ids.ts";
import { freeRecord, id, shownTime } from "../schema/fields.ts";

/** All that is written down, as what it was done to and what was done: a change of something new gets its lines here. */
export const AuditAction = v.pipe(
  v.picklist([
    "bot.created",
    "bot.updated",
    "bot.deleted",
    "user.erased",
    "integration.created",
    "integration.updated",
    "integration.secret_rotated",
    "integration.deleted",
    "channel.created",
    "channel.updated",
    "channel.deleted",
    "conversation.deleted",
    "agent_loop.created",
    "agent_loop.updated",
    "agent_loop.secret_rotated",
    "agent_loop.deleted",
    "webhook_endpoint.created",
    "webhook_endpoint.updated",
    "webhook_endpoint.secret_rotated",
    "webhook_endpoint.deleted",
    "api_key.created",
    "api_key.rotated",
    "api_key.deleted",
    "team.created",
    "team.plan_changed",
    "team.deleted",
  ]),
  v.title("AuditAction"),
  v.description("What was done, and to what kind of resource."),
);
export type AuditAction = v.InferOutput<typeof AuditAction>;

/** Who changes something of a team, and in which request: the caller of a route, or the operator with a command. */
export interface Actor {
  readonly team_id: Id<"team">;
  /** The operator has none. */
  readonly key_id: Id<"key"> | null;
  readonly key_name: string | null;
  readonly request_id: string | null;
}

/** The operator, who has neither a key nor a request. */
export const operatorOf = (team_id: Id<"team">): Actor => ({
  team_id,
  key_id: null,
  key_name: null,
  request_id: null,
});

const Side = v.nullable(freeRecord);

/** An entry of the audit log as it is stored and as the API shows it. */
export const AuditEntry = v.pipe(
  v.object({
    id: id("aud"),
    actor: v.pipe(
      v.object({
        type: v.pipe(
          v.picklist(["api_key", "operator"]),
          v.title("AuditActorType"),
          v.description("An API key of the team, or whoever runs the platform."),
        ),
        id: v.pipe(
          v.nullable(id("key")),
          v.description("The API key, also when it has been deleted since; null for the operator."),
        ),
        name: v.pipe(
          v.nullable(v.string()),
          v.description(
            "The key's name; null for the operator, and for a key that was made before names were kept and not rotated since.",
          ),
        ),
      }),
      v.title("AuditActor"),
      v.description("Who made the change: an API key, or whoever runs the platform, by a command."),
    ),
    action: AuditAction,
    resource_id: v.pipe(
      v.string(),
      v.description(
        "What was changed. Of an erased user it is the bot that the user wrote to: the user is not named.",
      ),
    ),
    before: v.pipe(
      Side,
      v.description(
        "The fields that changed, as they were; null when it was made. Secrets are masks, long texts are cut and say so, and what looks the same on both sides is followed by `(set anew)`.",
      ),
    ),
    after: v.pipe(
      Side,
      v.description("The same fields as they are since; null when it was deleted."),
    ),
    request_id: v.pipe(
      v.nullable(v.string()),
      v.description("The `X-Request-Id` of the request; null for the operator's commands."),
    ),
    created_at: shownTime,
  }),
  v.title("AuditEntry"),
  v.description("One change of what a team has configured, or one deletion."),
);
export type AuditEntry = v.InferOutput<typeof AuditEntry>;
