import * as v from "valibot";
import { id, omittable, shownTime, text, wholeNumber } from "../schema/fields.ts";
import { type NameAndText, named } from "../schema/named.ts";
import type { Parent } from "../table/another-child.ts";

const Name = v.pipe(
  text(1, 100),
  v.description("What the bot is called; its backends are told it."),
);
const Description = v.pipe(
  v.nullable(text(0, 500)),
  v.description("For your team; users never see it. At most 500 characters, or none."),
);
/** Whether a bot answers. */
export const BotStatus = v.pipe(
  v.picklist(["active", "paused"]),
  v.title("BotStatus"),
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
  v.description(
    "Sent first with every message, as what the bot is to know and to be. Not counted in the context window. At most 20,000 characters, and as many as let the bot be 32 KiB in all, which are fewer where characters have several bytes.",
  ),
);
const TypingIndicator = v.pipe(
  v.boolean(),
  v.description("Whether users see that the bot is typing while the backend works."),
);
const Delay = wholeNumber(0, 60_000);
const MinDelay = v.pipe(Delay, v.description("The shortest delay, in milliseconds."));
const MaxDelay = v.pipe(
  Delay,
  v.description("The longest delay, in milliseconds; not shorter than the shortest."),
);
const Groups = v.pipe(
  v.picklist(["mention", "always", "never"]),
  v.title("AnswerInGroups"),
  v.description(
    "When to answer in groups; a reply to the bot counts as a mention. Direct chats are always answered.",
  ),
);
const Mode = v.pipe(
  v.picklist(["auto", "thread", "user", "session"]),
  v.title("ConversationMode"),
  v.description(
    "What makes messages one conversation. `thread`: the thread, or the chat outside of one; `user`: what one user says in a chat; `auto`: whichever of the two fits the platform and the chat; `session`: as `auto`, and a new one begins after `session_timeout_minutes` of silence.",
  ),
);
const SessionTimeout = v.pipe(
  v.nullable(wholeNumber(1, 10_080)),
  v.description(
    "Minutes of silence after which a new conversation begins; required with the mode `session`.",
  ),
);
const CollectMs = v.pipe(
  wholeNumber(0, 10_000),
  v.description(
    "Messages of one user that follow one another within this time are one turn: the backend gets them together, and one reply answers them all. A turn ends with what another user says, after 20 messages, and a minute after its first. The wait is whole seconds, rounded up; 0 answers each message by itself.",
  ),
);
const Sticky = v.pipe(
  v.nullable(
    v.pipe(
      v.picklist(["conversation"]),
      v.title("StickyRouting"),
      v.description("What stays with one backend while that one works."),
    ),
  ),
  v.description(
    "With `conversation` a conversation stays with the backend that answered it last, fallbacks left out, while that one works; null draws for each message.",
  ),
);
const ErrorMessage = v.pipe(
  text(1, 500),
  v.description("Sent to the user when every backend failed."),
);

const settings: NameAndText = [
  "BotSettings",
  "How the bot answers, and what its backends are told.",
];
const responseDelay: NameAndText = [
  "ResponseDelay",
  "The reply leaves after a drawn delay, counted from the arrival of the last message that it answers.",
];
const shouldRespond: NameAndText = ["ShouldRespond", "Which messages the bot answers."];
const conversation: NameAndText = [
  "ConversationSettings",
  "What makes messages one conversation, and what makes them one turn of it.",
];
const routing: NameAndText = ["Routing", "Which of the bot's backends is asked."];
/** What a change holds is another component: nothing of it has to be given. */
const change = ([name, text]: NameAndText): NameAndText => [`${name}Update`, text];

const defaultErrorMessage = "Sorry, I can't answer right now. Please try again in a few minutes.";

const SettingsInput = named(
  v.strictObject({
    context_window: omittable(ContextWindow, 10),
    system_prompt: v.optional(SystemPrompt, null),
    typing_indicator: omittable(TypingIndicator, true),
    response_delay: omittable(
      named(
        v.strictObject({ min_ms: omittable(MinDelay, 0), max_ms: omittable(MaxDelay, 0) }),
        responseDelay,
      ),
      {},
    ),
    should_respond: omittable(
      named(v.strictObject({ groups: omittable(Groups, "mention") }), shouldRespond),
      {},
    ),
    conversation: omittable(
      named(
        v.strictObject({
          mode: omittable(Mode, "auto"),
          session_timeout_minutes: v.optional(SessionTimeout, null),
          collect_ms: omittable(CollectMs, 0),
        }),
        conversation,
      ),
      {},
    ),
    routing: omittable(named(v.strictObject({ sticky: v.optional(Sticky, null) }), routing), {}),
    error_message: omittable(ErrorMessage, defaultErrorMessage),
  }),
  settings,
);

/** What a caller sets when a bot is made. */
export const BotInput = v.pipe(
  v.strictObject({
    name: Name,
    description: v.optional(Description, null),
    status: omittable(BotStatus, "active"),
    settings: omittable(SettingsInput, {}),
  }),
  v.description("A bot to be made; all but its name has a default."),
);
export type BotInput = v.InferOutput<typeof BotInput>;

const SettingsPatch = named(
  v.strictObject({
    context_window: v.optional(ContextWindow),
    system_prompt: v.optional(SystemPrompt),
    typing_indicator: v.optional(TypingIndicator),
    response_delay: v.optional(
      named(
        v.strictObject({ min_ms: v.optional(MinDelay), max_ms: v.optional(MaxDelay) }),
        change(responseDelay),
      ),
    ),
    should_respond: v.optional(
      named(v.strictObject({ groups: v.optional(Groups) }), change(shouldRespond)),
    ),
    conversation: v.optional(
      named(
        v.strictObject({
          mode: v.optional(Mode),
          session_timeout_minutes: v.optional(SessionTimeout),
          collect_ms: v.optional(CollectMs),
        }),
        change(conversation),
      ),
    ),
    routing: v.optional(named(v.strictObject({ sticky: v.optional(Sticky) }), change(routing))),
    error_message: v.optional(ErrorMessage),
  }),
  change(settings),
);

/** What a caller may change: what is left out stays, nested settings merge. */
export const BotPatch = v.pipe(
  v.strictObject({
    name: v.optional(Name),
    description: v.optional(Description),
    status: v.optional(BotStatus),
    settings: v.optional(SettingsPatch),
  }),
  v.description("What changes of a bot: what is left out stays, nested settings merge."),
);
export type BotPatch = v.InferOutput<typeof BotPatch>;

const Settings = named(
  v.object({
    context_window: ContextWindow,
    system_prompt: SystemPrompt,
    typing_indicator: TypingIndicator,
    response_delay: named(v.object({ min_ms: MinDelay, max_ms: MaxDelay }), responseDelay),
    should_respond: named(v.object({ groups: Groups }), shouldRespond),
    conversation: named(
      v.object({
        mode: Mode,
        session_timeout_minutes: SessionTimeout,
        collect_ms: CollectMs,
      }),
      conversation,
    ),
    routing: named(v.object({ sticky: Sticky }), routing),
    error_message: ErrorMessage,
  }),
  settings,
);

/** A bot as the API shows it. */
export const Bot = v.pipe(
  v.object({
    id: id("bot"),
    name: Name,
    description: Description,
    status: BotStatus,
    settings: Settings,
    created_at: shownTime,
    updated_at: shownTime,
  }),
  v.title("Bot"),
  v.description("What talks to users through its channels and lets its integrations answer."),
);
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
