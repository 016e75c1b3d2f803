import type { BotReport } from "./bot-report.ts";

const failures = {
  timeout: 6,
  network_error: 0,
  http_error: 2,
  invalid_response: 0,
  response_too_large: 0,
  url_not_allowed: 0,
};

const counts = {
  attempts: 904,
  failures,
  replies: 896,
  fallbacks: 0,
  answer_rate: { value: 0.9912, low: 0.9826, high: 0.9955 },
  latency_ms: { p50: 1_240, p95: 3_870 },
  tokens: { input: 682_800, output: 107_400, cached: 451_500 },
  feedback: { up: 90, down: 10, rate: { value: 0.9, low: 0.8256, high: 0.9448 } },
} satisfies BotReport["total"];

/** A report for the reference. */
export const botReportExample = {
  from: "2026-01-02",
  to: "2026-01-31",
  weights_since: "2026-01-01T09:30:00.000Z",
  integrations: [
    {
      integration_id: "int_01jd7zq3c8e9v5r2k4m6n8p0ab",
      name: "Our backend",
      type: "webhook",
      share: { wanted: 1, got: 1 },
      ...counts,
    },
  ],
  unanswered: 8,
  total: counts,
} satisfies BotReport;
