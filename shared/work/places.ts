import { hash } from "node:crypto";
import { BoundedMap } from "../runtime/bounded-map.ts";
import type { Random } from "../runtime/random.ts";

/** What takes longer needs a place. */
export const fastMs = 1_000;

/** Places for work that takes long, and for requests that wait long. What is fast needs none. */
export interface Places {
  /** Takes one of the places that this work may have; undefined when all of them are taken. */
  take(asked: Asked): Promise<Place | undefined>;
  /** How long work waits that was turned away so many times in a row before. */
  pauseMs(turnedAway: number): number;
  /** Until when a target counts as slow, as far as this process has noted it; unix milliseconds, 0 when it has not. */
  slowUntil(target: string): number;
  noteSlow(target: string, until: number): void;
}

/** Who asks for a place. */
export interface Asked {
  readonly team_id: string;
  /** The bot or the loop that is slow, where work has one. */
  readonly target: string | undefined;
  /** The asker's own, which it shares with none that may ask at the same time: a worker's is its lease's. */
  readonly token: string;
  readonly now: number;
  /** Unix milliseconds until when the place is theirs, unless it is kept. */
  readonly until: number;
}

/** A place that was taken. */
export interface Place {
  /** Keeps it until another time. */
  keep(until: number): Promise<void>;
  giveBack(): Promise<void>;
}

/** Where it is remembered who has which place, by number. One whose time is over is free: its worker is dead. */
export interface PlaceRecord {
  /** The numbers that are taken; the answer may be a little old. */
  taken(now: number): Promise<ReadonlySet<number>>;
  /** False when it is another's. */
  take(number: number, token: string, now: number, until: number): Promise<boolean>;
  /** Has it be this token's until then, if it still is this token's. */
  keep(number: number, token: string, until: number): Promise<void>;
  /** Makes it nobody's, if it still is this token's. */
  giveBack(number: number, token: string): Promise<void>;
}

/** How many places there are. */
export interface PlaceCounts {
  /** The most functions of the pool at once. */
  readonly functions: number;
  /** How much of them one team's slow work may have, from 0 to 1. */
  readonly teamShare: number;
}

/** All slow work together leaves a part to fast work, and a target leaves a part of its team's places to others. */
const most = 3 / 4;

/** What is known of the others is a little old, and each try costs a write: who meets so many of them is turned away. */
const mostTries = 3;

const shortestPauseMs = 2_000;
/** Each pause is so much of the one before: nobody waits in vain for more than some third of what was in vain already. */
const pauseGrowth = 4 / 3;
const longestPauseMs = 300_000;

/**
 * The places of one pool. Which of them a team may have is drawn by its id, and of these a part for each target: two
 * that draw have few in common, so nobody can take all that another may have, and nobody has to count.
 */
export function createPlaces(
  record: PlaceRecord,
  { functions, teamShare }: PlaceCounts,
  random: Random,
): Places {
  const atLeastOne = (count: number) => Math.max(1, Math.floor(count));
  const all = Array.from({ length: atLeastOne(functions * most) }, (_, number) => number);
  const ofOneTeam = Math.min(all.length, atLeastOne(functions * teamShare));
  const ofOneTarget = atLeastOne(ofOneTeam * most);
  const remembered = new BoundedMap<string, readonly number[]>(1_000);
  const slow = new BoundedMap<string, number>(10_000);

  const numbersOf = (teamId: string, target: string | undefined) => {
    const name = target ?? teamId;
    const known = remembered.get(name);
    if (known) return known;
    const ofTeam = drawn(all, ofOneTeam, teamId);
    const numbers = target === undefined ? ofTeam : drawn(ofTeam, ofOneTarget, target);
    remembered.set(name, numbers);
    return numbers;
  };

  return {
    take: async ({ team_id, target, token, now, until }) => {
      const taken = await record.taken(now);
      const free = numbersOf(team_id, target).filter((number) => !taken.has(number));
      for (let tries = 0; tries < mostTries && free.length > 0; tries++) {
        const [number = 0] = free.splice(Math.floor(random() * free.length), 1);
        if (!(await record.take(number, token, now, until))) continue;
        return {
          keep: (longer) => record.keep(number, token, longer),
          giveBack: () => record.giveBack(number, token),
        };
      }
      return undefined;
    },

    pauseMs: (turnedAway) => {
      const pause = Math.min(longestPauseMs, shortestPauseMs * pauseGrowth ** turnedAway);
      return Math.round(pause * (0.5 + random() / 2));
    },

    slowUntil: (target) => slow.get(target) ?? 0,
    noteSlow: (target, until) => slow.set(target, until),
  };
}

/** Some of these numbers: always the same for the same name, and others for another. */
function drawn(numbers: readonly number[], count: number, name: string): readonly number[] {
  const rank = new Map(numbers.map((number) => [number, hash("sha256", `${name} ${number}`)]));
  return numbers
    .toSorted((a, b) => ((rank.get(a) ?? "") < (rank.get(b) ?? "") ? -1 : 1))
    .slice(0, count);
}
