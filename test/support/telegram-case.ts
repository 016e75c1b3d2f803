import { adapter } from "#shared/platforms/telegram/adapter";
import { inbound } from "#shared/platforms/telegram/inbound";
import { comesIn } from "../fixtures/telegram/comes-in.ts";
import { ada } from "../fixtures/telegram/updates.ts";
import { type FakeTelegram, startFakeTelegram, telegramCall } from "./fake-telegram.ts";
import type { PlatformCase } from "./platform-case.ts";

const bot_token = "4200:AAH-of_a_bot_of_Telegrams_0123456789";
const hook_secret = "0123456789abcdefghijklmnopqrstuvwxyz_-ABCDEF";

/** Telegram, as the suite over all platforms needs to know it. */
export const telegram: PlatformCase<"telegram", FakeTelegram> = {
  name: "telegram",
  adapter,
  inbound,
  account: { id: "4200", user_id: "4200", username: "OurBot", name: "Our bot" },
  channel: {
    credentials: { bot_token },
    hook_url: "https://chat.example/hooks/telegram/ch_1",
    hook_secret,
    answers_all_in_groups: false,
  },
  start: () => startFakeTelegram(bot_token),
  signed: (body) => telegramCall(Object(body), hook_secret),
  forged: (body) => {
    const call = telegramCall(Object(body), hook_secret);
    const header = "x-telegram-bot-api-secret-token";
    return [
      ["without a secret", { ...call, headers: {} }],
      ["with another secret", telegramCall(Object(body), `${hook_secret}x`)],
      ["with an empty secret", telegramCall(Object(body), "")],
      [
        "with the digest that is stored",
        telegramCall(Object(body), adapter.verifierOf(telegram.channel)["secret_sha256"] ?? ""),
      ],
      [
        "with the secret twice",
        { ...call, headers: { [header]: `${hook_secret}, ${hook_secret}` } },
      ],
    ];
  },
  comesIn,
  address: { chat_id: ada.id, message_id: 789 },
  refusals: [
    ...(
      [
        [401, "Unauthorized", "disconnected"],
        [403, "Forbidden: bot was blocked by the user", "recipient"],
        [403, "Forbidden: user is deactivated", "recipient"],
        [403, "Forbidden: bot was kicked from the supergroup chat", "recipient"],
        [403, "Forbidden: bot is not a member of the channel chat", "recipient"],
        [403, "Forbidden: the group chat was deleted", "recipient"],
        [403, "Forbidden: bot can't initiate conversation with a user", "recipient"],
        [400, "Bad Request: chat not found", "recipient"],
        [400, "Bad Request: PEER_ID_INVALID", "recipient"],
        [400, "Bad Request: have no rights to send a message", "recipient"],
        [400, "Bad Request: not enough rights to send text messages to the chat", "recipient"],
        [400, "Bad Request: TOPIC_CLOSED", "recipient"],
        [400, "Bad Request: CHAT_WRITE_FORBIDDEN", "recipient"],
        [400, "Bad Request: CHAT_RESTRICTED", "recipient"],
        [400, "Bad Request: message text is empty", "refused"],
        [400, "Bad Request: something new", "refused"],
        [413, "Request Entity Too Large", "refused"],
        [409, "Conflict: can't use getUpdates method while webhook is active", "configuration"],
        [500, "Internal Server Error", "retry"],
        [
          500,
          "Internal Server Error: sent message was immediately deleted and can't be returned",
          "recipient",
        ],
        [502, "Bad Gateway", "retry"],
      ] as const
    ).map(([error_code, description, kind]) => ({
      says: description,
      plan: (fake: FakeTelegram) => fake.refuse("sendMessage", { error_code, description }),
      class: kind,
    })),
    {
      says: "Too Many Requests",
      plan: (fake) =>
        fake.refuse("sendMessage", {
          error_code: 429,
          description: "Too Many Requests: retry after 14",
          parameters: { retry_after: 14 },
        }),
      class: "retry",
      retry_after_ms: 14_000,
    },
    {
      says: "not enough rights to send photos",
      plan: (fake) =>
        fake.refuse("sendPhoto", {
          error_code: 400,
          description: "Bad Request: not enough rights to send photos to the chat",
        }),
      piece: {
        type: "attachment",
        attachment: {
          type: "image",
          url: "https://a.example/c.png",
          name: undefined,
          mime_type: undefined,
        },
        is_first: false,
      },
      class: "refused",
    },
  ],
  tell: (fake, words) => fake.refuse("sendMessage", { error_code: 400, description: words }),
};
