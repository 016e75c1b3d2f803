import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, beforeEach, jest } from "@jest/globals";

/** Has clock and timers of each test stand still, and gives what moves them on; called at the top of a `describe`. */
export function useHeldTime(): (ms: number) => void {
  beforeEach(
    () => void jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask"] }),
  );
  afterEach(() => void jest.useRealTimers());
  return (ms) => jest.advanceTimersByTime(ms);
}

/** Resolves when the headers of the next answer to an HTTP request of this process have come. */
export function answerBegun(): Promise<void> {
  const channel = "http.client.response.finish";
  return new Promise((resolve) => {
    const heard = () => {
      unsubscribe(channel, heard);
      // Who waits for the answer itself hears of it before.
      setImmediate(resolve);
    };
    subscribe(channel, heard);
  });
}
