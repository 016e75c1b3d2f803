import type { Usage } from "./usage.ts";

const used = {
  messages: 1_204,
  replies: 1_198,
  executions: { completed: 24, failed: 1, timeout: 0, cancelled: 0 },
  deliveries: 1_204,
  tokens: { input: 910_400, output: 143_200, cached: 602_000 },
} satisfies Usage["total"];

/** What a team used, for the reference. */
export const usageExample = {
  from: "2026-01-02",
  to: "2026-01-02",
  days: [{ day: "2026-01-02", ...used }],
  total: used,
} satisfies Usage;
