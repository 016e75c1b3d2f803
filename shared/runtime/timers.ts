/** Runs something later. Returns what cancels it. It is an argument, so that a simulation owns time. */
export type Timer = (ms: number, run: () => void) => () => void;

let source: Timer = (ms, run) => {
  const timeout = setTimeout(run, Math.max(0, ms));
  return () => clearTimeout(timeout);
};

/** The system's timers. */
export const systemTimer: Timer = (ms, run) => source(ms, run);

/** Puts another timer in the system's place: simulations own every pause. */
export function useTimer(timer: Timer): void {
  source = timer;
}

/** Waits so long, or until the signal; never throws. */
export const pauseFor = (timer: Timer, ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (ms <= 0 || signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = timer(ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });
