/** Remembers what was measured of an object for as long as the object lives; it must not change. */
export function measuredOnce<T extends object>(measure: (of: T) => number): (of: T) => number {
  const known = new WeakMap<T, number>();
  return (of) => {
    const before = known.get(of);
    if (before !== undefined) return before;
    const measured = measure(of);
    known.set(of, measured);
    return measured;
  };
}
