import type { Message } from "./message.ts";

/** A user's message for the reference. */
export const messageExample = {
  id: "msg_01jd7zq3c8e9v5r2k4m6n8p0ab",
  conversation_id: "conv_01jd7zq3c8e9v5r2k4m6n8p0ab",
  number: 1,
  message_id: null,
  role: "user",
  type: "regular",
  content: "Hello!",
  attachments: [],
  integration_id: null,
  user: { id: "user-1", name: "Ada", username: null },
  delivery: null,
  metadata: {},
  feedback: null,
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:05.000Z",
} satisfies Message;

/** Its reply. */
export const replyExample = {
  ...messageExample,
  id: "msg_01jd7zq3c8e9v5r2k4m6n8p0ac",
  number: 2,
  role: "assistant",
  content: "Hello! How can I help?",
  integration_id: "int_01jd7zq3c8e9v5r2k4m6n8p0ab",
  user: null,
  delivery: { status: "sent", error: null },
} satisfies Message;

/** The reply with what its user says of it. */
export const ratedExample = {
  ...replyExample,
  feedback: {
    rating: "up",
    comment: "Just what I wanted to know.",
    created_at: "2026-01-02T03:05:00.000Z",
  },
  updated_at: "2026-01-02T03:05:00.000Z",
} satisfies Message;
