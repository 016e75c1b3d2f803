import { BoundedMap } from "../runtime/bounded-map.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { describeError, log } from "../runtime/log.ts";
import { KeyRefusedError, type KeyWrapper } from "./key-wrapper.ts";

/** Where the wrapped data keys are kept: one for each team, written once. */
export interface DataKeys {
  /** Reads strongly consistent: who lost the race for the first key must see the winner's. */
  find(teamId: Id<"team">): Promise<Uint8Array | undefined>;
  putIfAbsent(teamId: Id<"team">, wrapped: Uint8Array): Promise<"put" | "exists">;
}

/** The team's data key cannot be had now: a route answers 503, a worker waits 30 s. */
export class SecretsUnavailableError extends Error {
  override readonly name = "SecretsUnavailableError";
}

interface TeamKeys {
  /** Undefined when the team has never sealed anything. */
  find(teamId: Id<"team">): Promise<Uint8Array | undefined>;
  findOrCreate(teamId: Id<"team">): Promise<Uint8Array>;
}

const minute = 60_000;
const freshMs = 15 * minute;
const usableMs = 12 * 60 * minute;
const pauseMs = minute / 2;
const mostTeams = 1_000;

interface HeldKey {
  readonly key: Uint8Array;
  readonly confirmedAt: number;
  askAt: number;
}

/**
 * The plain data keys of teams. One is kept in memory for 15 minutes, and for up to 12 hours while it cannot be
 * fetched again, unless the key service refuses it. Those who ask at the same time share one call. Throws
 * `SecretsUnavailableError` when the key service gives no key, and what the table throws.
 */
export function createTeamKeys({ dataKeys, wrapper, clock }: TeamKeysDeps): TeamKeys {
  const memory = new BoundedMap<string, HeldKey | undefined>(mostTeams);
  const loads = new Map<string, Promise<Uint8Array | undefined>>();
  const creations = new Map<string, Promise<Uint8Array>>();

  const remember = (teamId: Id<"team">, key: Uint8Array) => {
    const now = clock();
    memory.set(teamId, { key, confirmedAt: now, askAt: now + freshMs });
    return key;
  };

  const load = async (teamId: Id<"team">) => {
    const wrapped = await dataKeys.find(teamId);
    if (wrapped) return remember(teamId, await served(wrapper.unwrap(teamId, wrapped)));
    memory.set(teamId, undefined);
    return undefined;
  };

  const create = async (teamId: Id<"team">) => {
    const { plaintext, wrapped } = await served(wrapper.generate(teamId));
    if ((await dataKeys.putIfAbsent(teamId, wrapped)) === "put") return remember(teamId, plaintext);
    const others = await shared(loads, teamId, load);
    if (!others) throw new Error(`The data key of ${teamId} was there and is gone.`);
    return others;
  };

  const find = async (teamId: Id<"team">) => {
    const held = memory.get(teamId);
    if (held && clock() < held.askAt) {
      memory.set(teamId, held); // Used last, forgotten last.
      return held.key;
    }
    try {
      return await shared(loads, teamId, load);
    } catch (error) {
      const refused =
        error instanceof SecretsUnavailableError && error.cause instanceof KeyRefusedError;
      const usableUntil = held && !refused ? held.confirmedAt + usableMs : 0;
      if (!held || clock() >= usableUntil) {
        memory.set(teamId, undefined);
        throw error;
      }
      held.askAt = Math.min(clock() + pauseMs, usableUntil);
      return held.key;
    }
  };

  return {
    find,
    findOrCreate: async (teamId) =>
      (await find(teamId)) ?? (await shared(creations, teamId, create)),
  };
}

/** What keys are made of and measured with. */
export interface TeamKeysDeps {
  readonly dataKeys: DataKeys;
  readonly wrapper: KeyWrapper;
  readonly clock: Clock;
}

/** One call for all who ask while it runs. */
function shared<T>(
  running: Map<string, Promise<T>>,
  teamId: Id<"team">,
  call: (teamId: Id<"team">) => Promise<T>,
): Promise<T> {
  const known = running.get(teamId);
  if (known) return known;
  const started = call(teamId).finally(() => running.delete(teamId));
  running.set(teamId, started);
  return started;
}

async function served<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const fields = { key_failures: 1, ...describeError(error) };
    log("warn", "key_not_given", fields, [{ fields: ["key_failures"] }]);
    const message = "The key service gives no data key; secrets can be neither sealed nor opened.";
    throw new SecretsUnavailableError(message, { cause: error });
  }
}
