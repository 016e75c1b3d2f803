import type { PlatformName } from "#shared/platforms/catalogue";
import { knownStories as knownChats, webhook } from "../conversations/story.ts";
import { group, type PlannedService, type PlannedUpdate, type PlatformStory } from "./story.ts";

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
  platform: "telegram",
  messages: [update(0)],
  mode: "auto",
  groups: "mention",
  acts: [],
  typing: true,
  sends: [service()],
  signs: [service()],
  fetches: [service()],
  settings: [service()],
  isGuest: false,
  settlingMs: 0,
  fates: [{ tells: [] }],
  paragraphs: 1,
  files: 0,
};

/** A message and its reply in two parts. */
const twoParts = { ...plain, messages: [update(0, { atMs: [0, 200] })], files: 1 };

/** A file is not there at once, the user is erased later. */
const erasing: PlatformStory = {
  ...plain,
  messages: [update(0, { file: "picture" }), update(3_000, { user: "2", chat: "2" })],
  fetches: [service("error"), service()],
  acts: [{ atMs: 6_000, does: "erase" }],
};

const ofTelegram: readonly [PlatformStory, ...PlatformStory[]] = [
  twoParts,
  {
    ...plain,
    messages: [
      update(0, { album: "a", file: "film" }),
      update(300, { album: "a", file: "film" }),
      update(1_200, { album: "a", file: "picture" }),
      update(6_000),
    ],
    collectMs: 500,
    fetches: [service("error"), service()],
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
      update(10, { user: "2", chat: group, mentions: true, album: "b", file: "film" }),
      update(15, { user: "2", chat: group, album: "b", file: "film" }),
    ],
    mode: "thread",
  },
  {
    ...plain,
    messages: [
      update(0, { chat: group, mentions: true }),
      update(4_000, { chat: group, mentions: true }),
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
  erasing,
  { ...plain, acts: [{ atMs: 4_000, does: "remove" }] },
  // The second waits for its time while the first finds that the token is dead.
  {
    ...plain,
    messages: [update(0), update(5_000, { user: "2", chat: "2" })],
    delayMs: { min_ms: 8_000, max_ms: 8_000 },
    acts: [{ atMs: 1_000, does: "revoke" }],
  },
  // The answer to one of two is there when that one is erased.
  {
    ...plain,
    messages: [
      update(0, { chat: group, mentions: true }),
      update(2_000, { user: "2", chat: group, mentions: true }),
    ],
    mode: "thread",
    acts: [{ atMs: 5_000, does: "erase" }],
  },
];

/** A mention of Slack comes twice, as two things that happened. */
const mention = (atMs: number, given: Partial<PlannedUpdate> = {}) =>
  update(atMs, { atMs: [atMs, atMs + 40], chat: group, mentions: true, ...given });

const slow = [webhook({ does: "answer", ms: 900 })];

const ofSlack: readonly PlatformStory[] = [
  { ...twoParts, backends: slow },
  { ...plain, messages: [mention(0, { isHidden: true, file: "picture" })], files: 1 },
  // What tells that it is a mention comes first, and of no file.
  { ...plain, messages: [mention(0, { atMs: [40, 0], file: "picture" })], collectMs: 10_000 },
  {
    ...plain,
    backends: slow,
    messages: [update(0), update(65_000)],
    acts: [
      { atMs: 2_500, does: "uninstall" },
      { atMs: 60_000, does: "renew" },
    ],
  },
];

/** Calls that fail until the command is over. */
const lateBy = (does: PlannedService["does"]) =>
  Array.from({ length: 7 }, () => service(does)) as [PlannedService, ...PlannedService[]];

const ofDiscord: readonly PlatformStory[] = [
  { ...twoParts, messages: [update(0)], paragraphs: 3, settlingMs: 900 },
  // The second is answered when its command can be answered no more.
  {
    ...plain,
    messages: [update(0, { chat: group, file: "picture" }), update(500, { chat: group })],
    files: 1,
    sends: [...lateBy("deaf"), service(), service(), service("error_after"), service()],
  },
  { ...plain, messages: [update(0)], acts: [{ atMs: 4_000, does: "remove" }] },
  // What answers a command needs no token: that it is dead shows when the command is over.
  {
    ...plain,
    messages: [update(0, { chat: group })],
    sends: [...lateBy("deaf"), service()],
    acts: [{ atMs: 3_000, does: "revoke" }],
  },
];

const ofWhatsApp: readonly PlatformStory[] = [
  {
    ...twoParts,
    fates: [
      { tells: [{ status: "delivered", afterMs: 5 }] },
      {
        tells: [
          { status: "failed", afterMs: 10 },
          { status: "read", afterMs: 900 },
        ],
      },
    ],
  },
  {
    ...erasing,
    messages: [
      update(0, { as: "number", file: "picture" }),
      update(1_500),
      update(3_000, { as: "scoped" }),
      update(3_000, { user: "2", chat: "2" }),
    ],
  },
];

/** What can happen on each platform; the first is the representative one. */
export const knownStories: readonly [PlatformStory, ...PlatformStory[]] = [
  ...ofTelegram,
  ...ofSlack.map((story): PlatformStory => ({ ...story, platform: "slack" })),
  ...ofDiscord.map((story): PlatformStory => ({ ...story, platform: "discord" })),
  ...ofWhatsApp.map((story): PlatformStory => ({ ...story, platform: "whatsapp" })),
];

/** Those of one platform. */
export const storiesOf = (name: PlatformName) =>
  knownStories.filter(({ platform }) => platform === name);
