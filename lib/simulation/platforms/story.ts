import {
  type ChatStory,
  knownStories as knownChats,
  type PlannedReply,
  randomStory as randomChat,
} from "../conversations/story.ts";
import type { Draws } from "../draws.ts";

/** What a person writes, as the platform tells of it. */
export interface PlannedUpdate {
  /** Milliseconds after the start, once for each time that the platform tells of it. */
  readonly atMs: readonly [number, ...number[]];
  /** As the platform names them: numbers. */
  readonly user: string;
  /** The user's own chat, or a group. */
  readonly chat: string;
  /** Whether the bot is mentioned; in one's own chat that makes no difference. */
  readonly mentions: boolean;
  /** Messages with the same one are of one album. */
  readonly album?: string;
}

/**
 * What the platform does with one call. Obeyed are `ok`, `error_after` and `mute`: the last two say nothing of it, and
 * neither does `deaf`. `busy` names a time; `refused` does not take this message, `blocked` no message for this person.
 */
export interface PlannedService {
  readonly does:
    "ok" | "busy" | "error" | "error_after" | "mute" | "deaf" | "cut" | "refused" | "blocked";
  readonly ms: number;
}

/** Each kind of call has its own services, call by call, the last one for all that follow. */
type Services = readonly [PlannedService, ...PlannedService[]];

/**
 * What becomes of the channel and its chats; each waits for the one before. `revoke`: its token is dead; `renew`: it gets
 * the living one; `move`: the group goes on under another id; `delete`: its last conversation is deleted.
 */
export interface PlannedAct {
  readonly atMs: number;
  readonly does: "revoke" | "renew" | "close" | "open" | "move" | "delete";
}

/** What happens to a bot on a platform. */
export interface PlatformStory extends Pick<
  ChatStory,
  "backends" | "timeoutSeconds" | "contextWindow" | "delayMs" | "collectMs"
> {
  readonly messages: readonly PlannedUpdate[];
  readonly mode: "auto" | "thread" | "session";
  readonly groups: "mention" | "always" | "never";
  readonly acts: readonly PlannedAct[];
  readonly typing: boolean;
  /** Of the calls that send, that show typing, and all others. */
  readonly sends: Services;
  readonly signs: Services;
  readonly settings: Services;
  /** Of how many paragraphs each answer is; more than one are as long as a plain message may be. */
  readonly paragraphs: number;
  /** How many files go with each answer. */
  readonly files: number;
}

/** The only group, and what it is when it has moved. */
export const group = "-1001";
export const movedGroup = "-1002";

const update = (atMs: number, given: Partial<PlannedUpdate> = {}): PlannedUpdate => ({
  atMs: [atMs],
  user: "1",
  chat: "1",
  mentions: false,
  ...given,
});
const service = (does: PlannedService["does"] = "ok", ms = 50): PlannedService => ({ does, ms });

const [plainChat] = knownChats;
const plain: PlatformStory = {
  ...plainChat,
  messages: [update(0)],
  mode: "auto",
  groups: "mention",
  acts: [],
  typing: true,
  sends: [service()],
  signs: [service()],
  settings: [service()],
  paragraphs: 1,
  files: 0,
};

/** A message and its reply in two parts, and what else can happen on a platform. */
export const knownStories: readonly [PlatformStory, ...PlatformStory[]] = [
  { ...plain, messages: [update(0, { atMs: [0, 200] })], files: 1 },
  {
    ...plain,
    messages: [
      update(0, { album: "a" }),
      update(10, { album: "a" }),
      update(20, { album: "a" }),
      update(2_500),
    ],
    collectMs: 500,
  },
  {
    ...plain,
    messages: [update(0), update(600), update(65_000)],
    sends: [service(), service("busy"), service()],
    acts: [
      { atMs: 500, does: "revoke" },
      { atMs: 60_000, does: "renew" },
    ],
  },
  {
    ...plain,
    messages: [
      update(0, { user: "1", chat: group, mentions: true }),
      update(5, { user: "2", chat: group }),
      update(10, { user: "2", chat: group, mentions: true, album: "b" }),
      update(15, { user: "2", chat: group, album: "b" }),
    ],
    mode: "thread",
  },
  {
    ...plain,
    messages: [
      update(0, { chat: group, mentions: true }),
      update(2_000, { chat: group, mentions: true }),
    ],
    files: 1,
    acts: [{ atMs: 200, does: "move" }],
  },
  { ...plain, paragraphs: 3, files: 1, sends: [service("refused"), service()] },
  {
    ...plain,
    messages: [update(0), update(10)],
    files: 1,
    sends: [service(), service("error_after"), service("mute"), service()],
    signs: [service("mute")],
  },
];

const passing = ["busy", "error", "error_after", "mute", "deaf", "cut"] as const;

/** A story by chance. */
export function randomStory(draws: Draws): PlatformStory {
  const { backends, ...chat } = randomChat(draws);
  const within = draws.pick([100, 3_000, 3_000, 30_000, 200_000] as const);
  const fails = draws.pick([0, 0, 0.1, 0.3, 0.6]);
  const services = (bad: readonly [Does, ...Does[]], rate = fails): Services => [
    randomService(draws, bad, rate),
    ...Array.from({ length: 5 }, () => randomService(draws, bad, rate)),
    service(),
  ];
  const sends = services([...passing, "refused"]);
  return {
    ...chat,
    messages: randomUpdates(draws, within),
    backends: backends.length > 0 ? backends : [[answer(draws)]],
    mode: draws.pick(["auto", "auto", "thread", "session"]),
    groups: draws.pick(["mention", "always", "never"]),
    acts: Array.from({ length: draws.pick([0, 0, 0, 1, 2, 4]) }, () => ({
      atMs: draws.whole(0, 2 * within),
      does: draws.pick(["revoke", "renew", "renew", "close", "open", "open", "move", "delete"]),
    })),
    typing: draws.chance(0.8),
    sends: draws.chance(0.03) ? [service(draws.pick(["error", "blocked", "refused"]))] : sends,
    signs: services([...passing, "refused"]),
    settings: services(passing, draws.pick([0, 0, fails])),
    paragraphs: draws.pick([1, 1, 1, 3]),
    files: draws.pick([0, 0, 1, 2]),
  };
}

type Does = PlannedService["does"];

const randomService = (
  draws: Draws,
  bad: readonly [Does, ...Does[]],
  rate: number,
): PlannedService => ({
  does: draws.chance(rate) ? draws.pick(bad) : "ok",
  ms: draws.whole(1, draws.pick([20, 300, 2_000])),
});

const answer = (draws: Draws): PlannedReply => ({ does: "answer", ms: draws.whole(1, 300) });

/** Messages of a few people, three in ten of which are told of again; albums come in a row. */
function randomUpdates(draws: Draws, within: number): PlannedUpdate[] {
  const users = draws.pick([1, 1, 2, 3]);
  const inGroup = draws.pick([0, 0, 0.5, 1]);
  const updates: PlannedUpdate[] = [];
  for (let count = draws.pick([1, 2, 3, 4, 6, 9]); count > 0; count -= 1) {
    const user = String(draws.whole(1, users));
    const chat = draws.chance(inGroup) ? group : user;
    const atMs = draws.whole(0, within);
    const isAlbum = draws.chance(0.15);
    for (let place = isAlbum ? draws.whole(2, 4) : 1; place > 0; place -= 1) {
      const at = atMs + (isAlbum ? draws.whole(0, 300) : 0);
      updates.push({
        atMs: draws.chance(0.3) ? [at, at + draws.pick([0, 1, 50, 7_000, 600_000])] : [at],
        user,
        chat,
        mentions: draws.chance(0.6),
        ...(isAlbum && { album: `album ${count}` }),
      });
    }
  }
  return updates;
}
