import { timeLeft } from "./meter.ts";
import { systemTimer } from "./timers.ts";

/** What something comes to, or undefined when the time of the request is over before that. */
export async function inTime<T>(something: Promise<T>): Promise<T | undefined> {
  const left = timeLeft();
  if (left === Infinity) return something;
  const over = Promise.withResolvers<undefined>();
  const cancel = systemTimer(left, () => over.resolve(undefined));
  return Promise.race([something, over.promise]).finally(cancel);
}
