import { createHmac } from "node:crypto";

/** A call to a hook, as a platform makes it. */
export interface HookCall {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = { "content-type": "application/json" };

/** Telegram's call with what somebody writes in their private chat: a text, unless it is something else. */
export const telegramCall = (
  secret: string,
  number: number,
  person = 6_000_000,
  said: object = { text: "How late are you open?" },
): HookCall => ({
  headers: { ...json, "x-telegram-bot-api-secret-token": secret },
  body: JSON.stringify({
    update_id: number,
    message: {
      message_id: number,
      date: 1_796_000_000,
      from: { id: person, is_bot: false, first_name: "Ada", username: "ada", language_code: "en" },
      chat: { id: person, type: "private", first_name: "Ada", username: "ada" },
      ...said,
    },
  }),
});

/** Slack's call with a direct message. */
export function slackCall(secret: string, number: number): HookCall {
  const body = JSON.stringify({
    team_id: "T0ACME",
    api_app_id: "A0OURS",
    event: {
      type: "message",
      user: "U0ADA",
      text: "How late are you open?",
      ts: `1796000000.${String(number).padStart(6, "0")}`,
      channel: "D0ADA",
      channel_type: "im",
    },
    type: "event_callback",
    event_id: `Ev${number}`,
    authorizations: [{ enterprise_id: null, team_id: "T0ACME", user_id: "U0BOT", is_bot: true }],
  });
  const time = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac("sha256", secret).update(`v0:${time}:${body}`).digest("hex");
  return {
    headers: {
      ...json,
      "x-slack-request-timestamp": time,
      "x-slack-signature": `v0=${signature}`,
    },
    body,
  };
}
