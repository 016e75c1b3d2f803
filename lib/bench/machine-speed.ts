import { createHash } from "node:crypto";

const thing = {
  id: "msg_0123456789",
  text: "How late are you open today? ".repeat(8),
  list: [1, 2.5, "three", null, true, { nested: ["a", "b"] }],
};

/** Work of the kinds that a server does, always the same. */
function work(): void {
  const kept = new Map<string, unknown>();
  for (let round = 0; round < 20_000; round++) {
    const text = JSON.stringify({ ...thing, round });
    kept.set(createHash("sha256").update(text).digest("hex").slice(0, 3), JSON.parse(text));
  }
}

/** Milliseconds of CPU that a fixed piece of work takes here and now: figures of two machines compare as these do. */
export function machineMs(): number {
  work();
  const times = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}
