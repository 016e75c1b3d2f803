/** Unix milliseconds. Given to everything that needs the time, so that tests own it. */
export type Clock = () => number;

let source: Clock = Date.now;

/** The system's time. */
export const systemClock: Clock = () => source();

/** Puts another clock in the system's place: tests and simulations own time. */
export function useClock(clock: Clock): void {
  source = clock;
}

/** ISO 8601 in UTC with milliseconds, as every time on the wire. */
export const isoTime = (unixMs: number) => new Date(unixMs).toISOString();
