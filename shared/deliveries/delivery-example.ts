import type { Delivery } from "./delivery.ts";

/** A delivery for the reference. */
export const deliveryExample = {
  id: "dlv_01jd7zq3c8e9v5r2k4m6n8p0ab",
  webhook_id: null,
  event_id: "evt_01jd7zq3c8e9v5r2k4m6n8p0ab",
  event_type: "agent_loop.completed",
  url: "https://example.com/hooks/reports",
  status: "succeeded",
  error: null,
  attempt_count: 1,
  attempts: [
    {
      at: "2026-01-02T03:04:11.020Z",
      status_code: 200,
      duration_ms: 31,
      response: "ok",
      error: null,
    },
  ],
  next_attempt_at: null,
  created_at: "2026-01-02T03:04:11.000Z",
  updated_at: "2026-01-02T03:04:11.051Z",
} satisfies Delivery;

/** A delivery to an endpoint that has just been asked for. */
export const testDeliveryExample = {
  ...deliveryExample,
  webhook_id: "wh_01jd7zq3c8e9v5r2k4m6n8p0ab",
  event_type: "webhook.test",
  url: "https://example.com/hooks/chatbot",
  status: "pending",
  attempt_count: 0,
  attempts: [],
  next_attempt_at: "2026-01-02T03:04:11.000Z",
  updated_at: "2026-01-02T03:04:11.000Z",
} satisfies Delivery;
