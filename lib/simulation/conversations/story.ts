import type { StoredIntegration } from "#shared/integrations/integration";
import type { Draws } from "../draws.ts";

/** What a user says. */
export interface PlannedMessage {
  /** Milliseconds after the start, once for each time that it is sent: the same message by another client. */
  readonly atMs: readonly [number, ...number[]];
  readonly user: string;
  readonly chat: string;
  /** Whether it has an id of the client's own. Without one it is sent once, and repeated by its `Idempotency-Key`. */
  readonly hasId: boolean;
  /** Whether a picture goes with it. */
  readonly hasPicture?: boolean;
}

/**
 * What a backend does with one call: it answers, fails in some way, or says nothing. `wrong` says with a success that it
 * failed, `half` breaks off in the middle, and `empty` has no words.
 */
export interface PlannedReply {
  readonly does:
    | ("answer" | "error" | "busy" | "nonsense" | "half" | "empty" | "wrong" | "huge")
    | ("cut" | "silence");
  readonly ms: number;
}

/** A backend of a bot. */
export interface PlannedBackend {
  readonly type: Exclude<StoredIntegration["type"], "echo">;
  /** Call by call, the last one for all that follow. */
  readonly replies: readonly [PlannedReply, ...PlannedReply[]];
  /** Whether messages are drawn for it too; otherwise it is a fallback, unless it is the first. */
  readonly isDrawn: boolean;
  /** Whether a model takes pictures. */
  readonly takesPictures: boolean;
}

/** What an operator or a user does; each waits for the one before. */
export interface PlannedAct {
  readonly atMs: number;
  readonly does: "pause" | "resume" | "close" | "open" | "delete";
  /** Whose conversation is deleted. */
  readonly chat: string;
}

/** What happens in the conversations of a bot. */
export interface ChatStory {
  readonly messages: readonly PlannedMessage[];
  /** None: the bot's own `echo`. */
  readonly backends: readonly PlannedBackend[];
  /** How long each backend may take. */
  readonly timeoutSeconds: number;
  readonly acts: readonly PlannedAct[];
  readonly contextWindow: number;
  readonly delayMs: { readonly min_ms: number; readonly max_ms: number };
  readonly mode: "auto" | "user" | "session";
  /** Within which time messages of a user become one turn. */
  readonly collectMs: number;
  /** What backends are told first; empty: nothing. */
  readonly prompt: string;
  /** Whether a conversation stays with the backend that answered it. */
  readonly isSticky: boolean;
}

/** Whether a backend is asked only when another has failed. */
export const isFallback = ({ backends }: Pick<ChatStory, "backends">, backend: number): boolean =>
  backend > 0 && !backends[backend]?.isDrawn;

/** After how many silent minutes a conversation ends in the mode `session`. */
export const sessionMinutes = 1;

const message = (...atMs: [number, ...number[]]): PlannedMessage => ({
  atMs,
  user: "ada",
  chat: "ada",
  hasId: true,
});
const inSeconds = (...seconds: number[]) => seconds.map((second) => message(second * 1_000));
const inGroup = (user: string, atMs: number): PlannedMessage => ({
  ...message(atMs),
  user,
  chat: "group",
});
const reply = (does: PlannedReply["does"] = "answer", ms = 300): PlannedReply => ({ does, ms });
/** A fallback, unless it is the first. */
export const webhook = (...replies: PlannedBackend["replies"]): PlannedBackend => ({
  type: "webhook",
  replies,
  isDrawn: false,
  takesPictures: true,
});
const act = (atMs: number, does: PlannedAct["does"], chat = "ada"): PlannedAct => ({
  atMs,
  does,
  chat,
});

const plain: ChatStory = {
  messages: [message(0)],
  backends: [webhook(reply())],
  timeoutSeconds: 5,
  acts: [],
  contextWindow: 10,
  delayMs: { min_ms: 0, max_ms: 0 },
  mode: "auto",
  collectMs: 0,
  prompt: "",
  isSticky: false,
};

/** One message and its reply, and what else can be the fate of a conversation. */
export const knownStories: readonly [ChatStory, ...ChatStory[]] = [
  plain,
  { ...plain, messages: [message(0), message(4_000)], contextWindow: 2 },
  {
    ...plain,
    messages: [message(0, 3, 5_000), { ...message(1_000), hasId: false }],
    delayMs: { min_ms: 8_000, max_ms: 8_000 },
  },
  {
    ...plain,
    backends: [
      webhook(reply("cut"), reply()),
      webhook(reply("error")),
      webhook(reply("nonsense"), reply()),
    ],
    messages: [message(0), message(10)],
    delayMs: { min_ms: 3_000, max_ms: 3_000 },
  },
  {
    ...plain,
    messages: [inGroup("ada", 0), inGroup("bob", 5)],
    acts: [act(3_000, "delete", "group")],
  },
  { ...plain, messages: [message(0), message(320), message(2_000)], acts: [act(310, "delete")] },
  {
    ...plain,
    messages: [message(0), message(100), message(200), message(3_000)],
    acts: [act(150, "pause"), act(2_000, "resume")],
  },
  // A model that takes no pictures, after a backend that fails.
  {
    ...plain,
    backends: [
      webhook(reply("cut")),
      { ...webhook(reply()), type: "openai", takesPictures: false },
    ],
    messages: [{ ...message(0), hasPicture: true }, message(2_000)],
    contextWindow: 3,
    prompt: "Be brief.",
  },
  // One of two models answers a conversation, as long as it can.
  {
    ...plain,
    backends: [
      { ...webhook(reply(), reply("wrong"), reply()), type: "anthropic" },
      { ...webhook(reply(), reply("half"), reply()), type: "bedrock", isDrawn: true },
      webhook(reply()),
    ],
    messages: [{ ...message(0), hasPicture: true }, ...inSeconds(1, 2, 3, 4, 5)],
    isSticky: true,
  },
  // One that is down is passed over after five messages.
  {
    ...plain,
    backends: [{ ...webhook(reply("busy", 20)), type: "openai" }, webhook(reply())],
    messages: inSeconds(0, 1, 2, 3, 4, 5, 6),
  },
  {
    ...plain,
    messages: [message(0), message(400, 900), message(700)],
    contextWindow: 2,
    collectMs: 500,
  },
];

/** A story by chance. */
export function randomStory(draws: Draws): ChatStory {
  const within = draws.pick([100, 3_000, 3_000, 30_000, 200_000] as const);
  const users = draws.pick([1, 1, 2, 3]);
  const chats = draws.pick([1, 1, 2]);
  const someone = (most: number) => `number ${draws.whole(1, most)}`;
  const slow = draws.chance(0.1);
  return {
    messages: Array.from({ length: draws.pick([1, 2, 3, 3, 4, 6, 9]) }, () => {
      const atMs = draws.whole(0, within);
      const hasId = draws.chance(0.7);
      const again = hasId && draws.chance(0.3) ? [atMs + draws.pick([0, 1, 50, 7_000])] : [];
      return { atMs: [atMs, ...again], user: someone(users), chat: someone(chats), hasId };
    }),
    backends: Array.from({ length: draws.pick([0, 1, 1, 1, 2, 3]) }, () =>
      webhook(
        randomReply(draws, slow),
        ...Array.from({ length: 3 }, () => randomReply(draws, slow)),
      ),
    ),
    timeoutSeconds: draws.pick([1, 5, 30]),
    acts: Array.from({ length: draws.pick([0, 0, 0, 1, 2, 4]) }, () => ({
      atMs: draws.whole(0, 2 * within),
      does: draws.pick(["pause", "resume", "resume", "close", "open", "open", "delete", "delete"]),
      chat: someone(chats),
    })),
    contextWindow: draws.pick([1, 2, 3, 10]),
    delayMs: draws.pick([
      { min_ms: 0, max_ms: 0 },
      { min_ms: 0, max_ms: 0 },
      { min_ms: 0, max_ms: 8_000 },
      { min_ms: 2_000, max_ms: 2_000 },
      { min_ms: 20_000, max_ms: 60_000 },
    ]),
    mode: draws.pick(["auto", "auto", "user", "session"]),
    collectMs: draws.pick([0, 0, 500, 3_000, 10_000]),
    prompt: "",
    isSticky: false,
  };
}

/** A story by chance whose backends may be models of any vendor, drawn one beside the other, and down for long. */
export function randomWithModels(draws: Draws): ChatStory {
  const story = randomStory(draws);
  const isDown = draws.chance(0.15);
  const withPictures = draws.pick([0, 0.5]);
  const [model] = story.messages;
  // So many within a minute that a backend is skipped.
  const messages =
    isDown && model
      ? Array.from({ length: draws.whole(8, 14) }, () => {
          return { ...model, hasId: true, atMs: [draws.whole(0, 45_000)] as const };
        })
      : story.messages;
  return {
    ...story,
    messages: messages.map((one) => ({ ...one, hasPicture: draws.chance(withPictures) })),
    backends: Array.from({ length: draws.pick([0, 1, 1, 2, 2, 3, 4]) }, (_, index) => ({
      type: draws.pick(["webhook", "openai", "anthropic", "bedrock"] as const),
      replies:
        isDown && index === 0
          ? [{ does: "error", ms: draws.whole(1, 300) }]
          : [modelReply(draws), modelReply(draws), modelReply(draws), modelReply(draws)],
      isDrawn: draws.chance(0.4),
      takesPictures: draws.chance(0.5),
    })),
    prompt: draws.pick(["", "Be brief."]),
    isSticky: draws.chance(0.5),
  };
}

const failures = ["error", "busy", "nonsense", "half", "empty", "wrong", "cut", "silence"] as const;

const modelReply = (draws: Draws): PlannedReply => ({
  does: draws.chance(0.7) ? "answer" : draws.chance(0.03) ? "huge" : draws.pick(failures),
  ms: draws.chance(0.05) ? draws.whole(500, 40_000) : draws.whole(1, draws.pick([20, 300, 2_000])),
});

const randomReply = (draws: Draws, slow: boolean): PlannedReply => ({
  does: draws.chance(0.8) ? "answer" : draws.pick(["error", "nonsense", "cut", "silence"]),
  ms: slow ? draws.whole(500, 40_000) : draws.whole(1, draws.pick([20, 300, 2_000])),
});
