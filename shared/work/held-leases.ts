/** What looks at once whether a lease of this process still holds, by the partition of its work. */
export const heldLeases = new Map<string, () => void>();
