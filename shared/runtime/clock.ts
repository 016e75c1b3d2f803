/** Unix milliseconds. Given to everything that needs the time, so that tests own it. */
export type Clock = () => number;

/** The system's time. */
export const systemClock: Clock = () => Date.now();

/** ISO 8601 in UTC with milliseconds, as every time on the wire. */
export const isoTime = (unixMs: number) => new Date(unixMs).toISOString();
