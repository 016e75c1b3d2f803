/** A number in [0, 1). Given to everything that draws, so that tests own chance. */
export type Random = () => number;

let source: Random = Math.random;

/** The system's chance. */
export const systemRandom: Random = () => source();

/** Puts another chance in the system's place: tests decide what is drawn. */
export function useRandom(random: Random): void {
  source = random;
}
