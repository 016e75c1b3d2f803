/** Numbers drawn from a seed: the same seed and the same questions give the same numbers. */
export interface Draws {
  /** In [0, 1). */
  next(): number;
  /** A whole number, both ends included. */
  whole(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly [T, ...T[]]): T;
  /** 32 bytes, a seed for what the product makes. */
  bytes(): Uint8Array;
}

/** Draws from two numbers: the seed of all runs, and the number of the run. */
export function createDraws(seed: number, run: number): Draws {
  // One to one for each seed, so that no two runs begin alike.
  let state = scattered(scattered(seed | 0) ^ (run | 0));
  // Tommy Ettinger's generator in Mark Adler's 32-bit form.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    return (mix(state) >>> 0) / 4_294_967_296;
  };
  const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    whole,
    chance: (probability) => next() < probability,
    pick: (list) => list[whole(0, list.length - 1)] ?? list[0],
    bytes: () => Uint8Array.from({ length: 32 }, () => whole(0, 255)),
  };
}

function mix(value: number): number {
  const once = Math.imul(value ^ (value >>> 15), 1 | value);
  const twice = (once + Math.imul(once ^ (once >>> 7), 61 | once)) ^ once;
  return twice ^ (twice >>> 14);
}

/** The last step of MurmurHash3, which loses nothing. */
function scattered(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}
