import * as v from "valibot";
import { id, omittable, shownTime, text, wholeNumber } from "../schema/fields.ts";
import type { Parent } from "../table/another-child.ts";

const Name = v.pipe(text(1, 100), v.description("The bot's name; backends are told it."));
const Description = v.pipe(
  v.nullable(text(0, 500)),
  v.description("For your team; users never see it."),
);
const Status = v.pipe(
  v.picklist(["active", "paused"]),
  v.description("A paused bot keeps messages and does not answer."),
);
const ContextWindow = v.pipe(
  wholeNumber(1, 100),
  v.description(
    "How many of the last messages a backend gets, the new ones included. A turn of several messages is never cut.",
  ),
);
const SystemPrompt = v.pipe(
  v.nullable(text(0, 20_000)),
  v.description("Sent first with every message and not counted in the context window."),
);
const TypingIndicator = v.pipe(
  v.boolean(),
  v.description("Whether users see that the bot is typing while the backend works."),
);
const Delay = wholeNumber(0, 60_000);
const Groups = v.pipe(
  v.picklist(["mention", "always", "never"]),
  v.description("When to answer in groups; direct chats are always answered."),
);
const Mode = v.pipe(
  v.picklist(["auto", "thread", "user", "session"]),
  v.description("What makes messages one conversation; `auto` does what fits the platform."),
);
const SessionTimeout = v.pipe(
  v.nullable(wholeNumber(1, 10_080)),
  v.description("Silence after which a new conversation begins; required with the mode `session`."),
);
const CollectMs = v.pipe(
  wholeNumber(0, 10_000),
  v.description(
    "Messages of one user that follow one another within this time are one turn: the backend gets them together, and one reply answers them all. A turn ends with what another user says, after 20 messages, and a minute after its first. The wait is whole seconds, rounded up; 0 answers each message by itself.",
  ),
);
const Sticky = v.pipe(
  v.nullable(v.picklist(["conversation"])),
  v.description(
    "With `conversation` a conversation stays with the backend that answered it last, fallbacks left out, while that one works; null draws for each message.",
  ),
);
const ErrorMessage = v.pipe(
  text(1, 500),
  v.description("Sent to the user when every backend failed."),
);

const defaultErrorMessage = "Sorry, I can't answer right now. Please try again in a few minutes.";

/** What a caller sets when a bot is made. */
export const BotInput = v.strictObject({
  name: Name,
  description: v.optional(Description, null),
  status: omittable(Status, "active"),
  settings: omittable(
    v.strictObject({
      context_window: omittable(ContextWindow, 10),
      system_prompt: v.optional(SystemPrompt, null),
      typing_indicator: omittable(TypingIndicator, true),
      response_delay: omittable(
        v.strictObject({ min_ms: omittable(Delay, 0), max_ms: omittable(Delay, 0) }),
        {},
      ),
      should_respond: omittable(v.strictObject({ groups: omittable(Groups, "mention") }), {}),
      conversation: omittable(
        v.strictObject({
          mode: omittable(Mode, "auto"),
          session_timeout_minutes: v.optional(SessionTimeout, null),
          collect_ms: omittable(CollectMs, 0),
        }),
        {},
      ),
      routing: omittable(v.strictObject({ sticky: v.optional(Sticky, null) }), {}),
      error_message: omittable(ErrorMessage, defaultErrorMessage),
    }),
    {},
  ),
});
export type BotInput = v.InferOutput<typeof BotInput>;

/** What a caller may change: what is left out stays, nested settings merge. */
export const BotPatch = v.strictObject({
  name: v.optional(Name),
  description: v.optional(Description),
  status: v.optional(Status),
  settings: v.optional(
    v.strictObject({
      context_window: v.optional(ContextWindow),
      system_prompt: v.optional(SystemPrompt),
      typing_indicator: v.optional(TypingIndicator),
      response_delay: v.optional(
        v.strictObject({ min_ms: v.optional(Delay), max_ms: v.optional(Delay) }),
      ),
      should_respond: v.optional(v.strictObject({ groups: v.optional(Groups) })),
      conversation: v.optional(
        v.strictObject({
          mode: v.optional(Mode),
          session_timeout_minutes: v.optional(SessionTimeout),
          collect_ms: v.optional(CollectMs),
        }),
      ),
      routing: v.optional(v.strictObject({ sticky: v.optional(Sticky) })),
      error_message: v.optional(ErrorMessage),
    }),
  ),
});
export type BotPatch = v.InferOutput<typeof BotPatch>;

/** A bot as the API shows it. */
export const Bot = v.object({
  id: id("bot"),
  name: Name,
  description: Description,
  status: Status,
  settings: v.object({
    context_window: ContextWindow,
    system_prompt: SystemPrompt,
    typing_indicator: TypingIndicator,
    response_delay: v.pipe(
      v.object({ min_ms: Delay, max_ms: Delay }),
      v.description(
        "The reply leaves after a drawn delay, counted from the arrival of the last message that it answers.",
      ),
    ),
    should_respond: v.object({ groups: Groups }),
    conversation: v.object({
      mode: Mode,
      session_timeout_minutes: SessionTimeout,
      collect_ms: CollectMs,
    }),
    routing: v.object({ sticky: Sticky }),
    error_message: ErrorMessage,
  }),
  created_at: shownTime,
  updated_at: shownTime,
});
export type Bot = v.InferOutput<typeof Bot>;

/** A bot as it is stored. */
export interface StoredBot extends Bot, Parent {
  readonly version: number;
  /** Unix milliseconds until when its backends count as slow. */
  readonly slow_until?: number;
}

/** What the audit log tells of a bot. */
export const auditedBot = ({ name, description, status, settings }: StoredBot) => ({
  name,
  description,
  status,
  settings,
});
