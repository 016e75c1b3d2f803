/** A signal that is aborted with whichever of others is first, until the end. */
export interface EitherSignal {
  readonly signal: AbortSignal;
  /** Leaves the others alone. */
  readonly end: () => void;
}

/**
 * What `AbortSignal.any` gives, for as long as something is under way: that one would stay, with all that listens to it,
 * until a collection of the whole heap.
 */
export function eitherSignal(...others: readonly AbortSignal[]): EitherSignal {
  const controller = new AbortController();
  const end = () => {
    for (const other of others) other.removeEventListener("abort", abort);
  };
  const abort = () => {
    end();
    controller.abort(others.find(({ aborted }) => aborted)?.reason);
  };
  if (others.some(({ aborted }) => aborted)) abort();
  else for (const other of others) other.addEventListener("abort", abort);
  return { signal: controller.signal, end };
}
