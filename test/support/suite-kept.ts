const kept = new Map<string, unknown>();

/** Makes something once in a worker, for all suites: what follows from the sources of this checkout alone. */
export function onceInWorker<T>(name: string, make: () => T): T {
  if (!kept.has(name)) kept.set(name, make());
  // By one name there is one thing.
  return kept.get(name) as T;
}

/** Has everything made anew: a source was edited. */
export const forgetKept = () => kept.clear();
