import type { Draws } from "../draws.ts";

/** What a user says. */
export interface PlannedMessage {
  /** Milliseconds after the start, once for each time that it is sent: the same message by another client. */
  readonly atMs: readonly [number, ...number[]];
  readonly user: string;
  readonly chat: string;
  /** Whether it has an id of the client's own. Without one it is sent once, and repeated by its `Idempotency-Key`. */
  readonly hasId: boolean;
}

/** What a backend does with one call: it answers, fails in some way, or says nothing. */
export interface PlannedReply {
  readonly does: "answer" | "error" | "nonsense" | "cut" | "silence";
  readonly ms: number;
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
  /** Each with its replies call by call, the last one for all that follow; none: the bot's own `echo`. */
  readonly backends: readonly (readonly [PlannedReply, ...PlannedReply[]])[];
  /** How long each backend may take. */
  readonly timeoutSeconds: number;
  readonly acts: readonly PlannedAct[];
  readonly contextWindow: number;
  readonly delayMs: { readonly min_ms: number; readonly max_ms: number };
  readonly mode: "auto" | "user" | "session";
  /** Within which time messages of a user become one turn. */
  readonly collectMs: number;
}

/** After how many silent minutes a conversation ends in the mode `session`. */
export const sessionMinutes = 1;

const message = (...atMs: [number, ...number[]]): PlannedMessage => ({
  atMs,
  user: "ada",
  chat: "ada",
  hasId: true,
});
const inGroup = (user: string, atMs: number): PlannedMessage => ({
  ...message(atMs),
  user,
  chat: "group",
});
const reply = (does: PlannedReply["does"] = "answer", ms = 300): PlannedReply => ({ does, ms });
const act = (atMs: number, does: PlannedAct["does"], chat = "ada"): PlannedAct => ({
  atMs,
  does,
  chat,
});

const plain: ChatStory = {
  messages: [message(0)],
  backends: [[reply()]],
  timeoutSeconds: 5,
  acts: [],
  contextWindow: 10,
  delayMs: { min_ms: 0, max_ms: 0 },
  mode: "auto",
  collectMs: 0,
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
    backends: [[reply("cut"), reply()], [reply("error")], [reply("nonsense"), reply()]],
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
    backends: Array.from({ length: draws.pick([0, 1, 1, 1, 2, 3]) }, () => [
      randomReply(draws, slow),
      ...Array.from({ length: 3 }, () => randomReply(draws, slow)),
    ]),
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
  };
}

const randomReply = (draws: Draws, slow: boolean): PlannedReply => ({
  does: draws.chance(0.8) ? "answer" : draws.pick(["error", "nonsense", "cut", "silence"]),
  ms: slow ? draws.whole(500, 40_000) : draws.whole(1, draws.pick([20, 300, 2_000])),
});
