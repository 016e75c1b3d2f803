import { createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";

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
export function slackCall(secret: string, number: number, person = "ADA"): HookCall {
  const body = JSON.stringify({
    team_id: "T0ACME",
    api_app_id: "A0OURS",
    event: {
      type: "message",
      user: `U0${person}`,
      text: "How late are you open?",
      ts: `1796000000.${String(number).padStart(6, "0")}`,
      channel: `D0${person}`,
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

/** Meta's call with a text that somebody writes. */
export function whatsAppCall(
  secret: string,
  number: number,
  phone_number_id: string,
  person = "16505551234",
): HookCall {
  const user_id = `US.${person}`;
  const body = JSON.stringify({
    object: "whatsapp_business_account",
    entry: [
      {
        id: "102290129340398",
        changes: [
          {
            field: "messages",
            value: {
              messaging_product: "whatsapp",
              metadata: { display_phone_number: "15550783881", phone_number_id },
              contacts: [{ profile: { name: "Ada" }, wa_id: person, user_id }],
              messages: [
                {
                  from: person,
                  from_user_id: user_id,
                  id: `wamid.in${number}`,
                  timestamp: String(Math.floor(Date.now() / 1_000)),
                  type: "text",
                  text: { body: "How late are you open?" },
                },
              ],
            },
          },
        ],
      },
    ],
  });
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  return { headers: { ...json, "x-hub-signature-256": `sha256=${signature}` }, body };
}

/** Of an application of Discord: an Ed25519 key in PKCS #8, the same in each process. */
const discordKey = createPrivateKey({
  key: Buffer.from(`302e020100300506032b657004220420${"42".repeat(32)}`, "hex"),
  format: "der",
  type: "pkcs8",
});
/** Its public half, as the developer portal shows it. */
export const discordPublicKey = createPublicKey(discordKey)
  .export({ format: "der", type: "spki" })
  .subarray(12)
  .toString("hex");

const discordEpoch = 1_420_070_400_000;

/** Discord's call with a command that somebody types to the bot alone. */
export function discordCall(number: number, person = "1400000000000000001"): HookCall {
  const now = Date.now();
  const body = JSON.stringify({
    id: String((BigInt(now - discordEpoch) << 22n) | BigInt(number)),
    application_id: "1100000000000000001",
    type: 2,
    token: `token-${number}`,
    context: 1,
    channel_id: "1300000000000000003",
    user: { id: person, username: "ada", global_name: "Ada" },
    authorizing_integration_owners: { "0": "0" },
    attachment_size_limit: 10_485_760,
    data: {
      id: "1600000000000000001",
      type: 1,
      name: "ask",
      options: [{ type: 3, name: "message", value: "How late are you open?" }],
    },
  });
  const time = String(Math.floor(now / 1_000));
  const signature = sign(null, Buffer.from(time + body), discordKey).toString("hex");
  return {
    headers: { ...json, "x-signature-timestamp": time, "x-signature-ed25519": signature },
    body,
  };
}
