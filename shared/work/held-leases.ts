/** Where everyone is in this process: what looks at once whether a lease still holds, by the partition of its work. */
export const heldLeases = new Map<string, () => void>();
