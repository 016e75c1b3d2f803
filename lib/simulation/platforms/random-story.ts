import type { PlatformName } from "#shared/platforms/catalogue";
import { type PlannedReply, randomStory as randomChat, webhook } from "../conversations/story.ts";
import type { Draws } from "../draws.ts";
import {
  group,
  type PlannedAct,
  type PlannedFate,
  type PlannedService,
  type PlannedUpdate,
  type PlatformStory,
  type Services,
} from "./story.ts";

type Does = PlannedService["does"];

const passing = ["busy", "error", "error_after", "mute", "deaf", "cut"] as const;
const acts = [
  ...(["revoke", "renew", "renew", "close", "open", "open"] as const),
  ...(["move", "delete", "erase", "remove"] as const),
] as const satisfies readonly PlannedAct["does"][];

/** A story by chance, on any platform unless one is named. */
export function randomStory(draws: Draws, name?: PlatformName): PlatformStory {
  const drawn = draws.pick(["telegram", "slack", "discord", "whatsapp"] as const);
  const platform = name ?? drawn;
  const { backends, ...chat } = randomChat(draws);
  const within = draws.pick([100, 3_000, 3_000, 30_000, 200_000] as const);
  const fails = draws.pick([0, 0, 0.1, 0.3, 0.6]);
  const services = (bad: readonly [Does, ...Does[]], rate = fails): Services => [
    randomService(draws, bad, rate),
    ...Array.from({ length: 5 }, () => randomService(draws, bad, rate)),
    { does: "ok", ms: 50 },
  ];
  const sends = services([...passing, "refused"]);
  // Until a command can be answered no more.
  const isLong = platform === "discord" && draws.chance(0.2);
  return {
    ...chat,
    platform,
    messages: randomUpdates(draws, platform, within),
    backends: backends.length > 0 ? backends : [webhook(answer(draws))],
    mode: draws.pick(["auto", "auto", "thread", "session"]),
    groups: draws.pick(["mention", "always", "never"]),
    acts: Array.from({ length: draws.pick([0, 0, 0, 1, 2, 4]) }, () => ({
      atMs: draws.whole(0, 2 * within),
      does:
        platform === "slack" && draws.chance(0.1)
          ? ("uninstall" as const)
          : draws.pick<PlannedAct["does"]>(acts),
    })),
    typing: draws.chance(0.8),
    sends: draws.chance(0.03)
      ? [{ does: draws.pick(["error", "blocked", "refused"]), ms: 50 }]
      : isLong
        ? [...services(passing, 1), ...services(passing, 0.8)]
        : sends,
    signs: services([...passing, "refused"]),
    fetches: services([...passing, "refused"], draws.pick([0, fails])),
    settings: services(passing, draws.pick([0, 0, fails])),
    isGuest: draws.chance(0.3),
    settlingMs: draws.pick([0, 0, 300, 1_500]),
    fates: [randomFate(draws), randomFate(draws), randomFate(draws), { tells: [] }],
    paragraphs: draws.pick([1, 1, 1, 3]),
    files: draws.pick([0, 0, 1, 2]),
  };
}

const randomService = (
  draws: Draws,
  bad: readonly [Does, ...Does[]],
  rate: number,
): PlannedService => ({
  does: draws.chance(rate) ? draws.pick(bad) : "ok",
  ms: draws.whole(1, draws.pick([20, 300, 2_000])),
});

const answer = (draws: Draws): PlannedReply => ({ does: "answer", ms: draws.whole(1, 300) });

const randomFate = (draws: Draws): PlannedFate => ({
  tells: Array.from({ length: draws.pick([0, 0, 1, 2, 3]) }, () => ({
    status: draws.pick(["sent", "delivered", "read", "failed"] as const),
    afterMs: draws.whole(0, draws.pick([20, 2_000, 100_000, 7_200_000])),
  })),
});

/** Messages of a few people, three in ten of which are told of again; albums come in a row. */
function randomUpdates(draws: Draws, platform: PlatformName, within: number): PlannedUpdate[] {
  const users = draws.pick([1, 1, 2, 3]);
  const inGroup = draws.pick([0, 0, 0.5, 1]);
  const withFile = draws.pick([0, 0, 0.3]);
  // Those that come at once come in one call where the platform makes one of several.
  const times = Array.from({ length: 3 }, () => draws.whole(0, within));
  const updates: PlannedUpdate[] = [];
  for (let count = draws.pick([1, 2, 3, 4, 6, 9]); count > 0; count -= 1) {
    const user = String(draws.whole(1, users));
    const chat = draws.chance(inGroup) ? group : user;
    const [first = 0, ...others] = times;
    const own = draws.whole(0, within);
    const atMs =
      platform === "whatsapp" && draws.chance(0.3) ? draws.pick([first, ...others]) : own;
    const isAlbum = platform === "telegram" && draws.chance(0.15);
    for (let place = isAlbum ? draws.whole(2, 4) : 1; place > 0; place -= 1) {
      const at = atMs + (isAlbum ? draws.whole(0, 300) : 0);
      const mentions = draws.chance(0.6);
      const isMention = platform === "slack" && chat === group && mentions;
      const as =
        platform === "whatsapp" && draws.chance(0.6) && draws.pick(["number", "scoped"] as const);
      updates.push({
        atMs: timesOf(draws, platform, at, isMention),
        user,
        chat,
        mentions,
        ...(isMention && draws.chance(0.3) && { isHidden: true }),
        ...(isAlbum && { album: `album ${count}` }),
        ...((isAlbum || draws.chance(withFile)) && {
          file: draws.pick(["picture", "picture", "film"] as const),
        }),
        ...(as && { as }),
      });
    }
  }
  return updates;
}

/** When a message is told of: on Slack a mention as two events, in any order; on Discord once. */
function timesOf(
  draws: Draws,
  platform: PlatformName,
  at: number,
  isMention: boolean,
): PlannedUpdate["atMs"] {
  if (platform === "discord") return [at];
  if (isMention) return [at, Math.max(0, at + draws.pick([-300, -20, 0, 1, 50, 1_000, 9_000]))];
  return draws.chance(0.3) ? [at, at + draws.pick([0, 1, 50, 7_000, 600_000])] : [at];
}
