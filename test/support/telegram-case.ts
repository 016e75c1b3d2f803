import type { Message } from "@grammyjs/types";
import type { InboundMessage, InboundPart } from "#shared/platforms/inbound-event";
import { adapter } from "#shared/platforms/telegram/adapter";
import { ada, bot, entity, file, forum, group, said, supergroup, update } from "../fixtures/telegram/updates.ts";
import { type FakeTelegram, startFakeTelegram, telegramCall } from "./fake-telegram.ts";
import type { PlatformCase } from "./platform-case.ts";

const bot_token = "4200:AAH-of_a_bot_of_Telegrams_0123456789";
const hook_secret = "0123456789abcdefghijklmnopqrstuvwxyz_-ABCDEF";

const text = (words: string): InboundPart => ({ type: "text", text: words });
const aFile = (
  mime_type: string,
  rest: { name?: string; file_id?: string; is_image?: boolean } = {},
) => {
  const { name = null, file_id = file.file_id, is_image = false } = rest;
  return { type: "file", is_image, name, mime_type, file: { file_id, mime_type } } as const;
};

type Row = PlatformCase<"telegram">["comesIn"][number];

/** A message of a person that is to be answered. */
const answered = (row: string, message: Partial<Message>, event: Partial<InboundMessage>): Row => ({
  row,
  body: update(message),
  events: [
    {
      kind: "message",
      handling: "answer",
      identity: `${message.chat?.id ?? ada.id}:789`,
      ...event,
    },
  ],
});
const content = (row: string, message: Partial<Message>, ...parts: InboundPart[]): Row =>
  answered(row, message, { content: parts });
const dropped = (row: string, body: unknown): Row => ({ row, body, events: [] });

const mention = "@OurBot, what is this? @bob knows";
const command = "/ask@OurBot why";
const link = "Read this or that";
const named = "Ask Bob Babbage";
const inGroup = { chat: supergroup };

/** Telegram, as the suite over all platforms needs to know it. */
export const telegram: PlatformCase<"telegram", FakeTelegram> = {
  name: "telegram",
  adapter,
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
  comesIn: [
    answered(
      "a private message",
      { text: "Hello" },
      {
        message_id: "789",
        sent_at: 1_796_000_000_000,
        user: { id: "5117000123", name: "Ada Lovelace", username: "ada", also: [] },
        chat_id: "5117000123",
        thread_id: null,
        is_direct: true,
        mentions_bot: false,
        replies_to_bot: false,
        content: [text("Hello")],
        album_id: null,
        metadata: {},
        address: { chat_id: ada.id, message_id: 789 },
      },
    ),
    answered(
      "a message in a group that is not for the bot",
      { chat: group, text: "Hello" },
      {
        is_direct: false,
        mentions_bot: false,
        chat_id: "-987654",
      },
    ),
    answered(
      "a mention, which is left out at the start",
      {
        ...inGroup,
        text: mention,
        entities: [
          entity(mention, "@OurBot", { type: "mention" }),
          entity(mention, "@bob", { type: "mention" }),
        ],
      },
      { mentions_bot: true, content: [text("what is this? @bob knows")] },
    ),
    answered(
      "a mention in other letters",
      { ...inGroup, text: "@ourbot Hi", entities: [{ type: "mention", offset: 0, length: 7 }] },
      { mentions_bot: true, content: [text("Hi")] },
    ),
    answered(
      "a mention after emoji, counted in UTF-16",
      { ...inGroup, text: "👩‍👩‍👧‍👦 @OurBot", entities: [{ type: "mention", offset: 12, length: 7 }] },
      { mentions_bot: true, content: [text("👩‍👩‍👧‍👦 @OurBot")] },
    ),
    answered(
      "nothing but a mention",
      { ...inGroup, text: "@OurBot", entities: [{ type: "mention", offset: 0, length: 7 }] },
      { mentions_bot: true, content: [text("@OurBot")] },
    ),
    answered(
      "a mention of another bot whose name begins alike",
      { ...inGroup, text: "@OurBotTwo Hi", entities: [{ type: "mention", offset: 0, length: 10 }] },
      { mentions_bot: false },
    ),
    answered(
      "a command to the bot",
      {
        ...inGroup,
        text: command,
        entities: [entity(command, "/ask@OurBot", { type: "bot_command" })],
      },
      { mentions_bot: true, content: [text("/ask why")] },
    ),
    answered(
      "a command to another bot",
      { ...inGroup, text: "/ask@bob", entities: [{ type: "bot_command", offset: 0, length: 8 }] },
      { mentions_bot: false, content: [text("/ask@bob")] },
    ),
    answered(
      "a mention in a caption",
      {
        ...inGroup,
        ...said.photo,
        caption: "@OurBot a cat",
        caption_entities: [{ type: "mention", offset: 0, length: 7 }],
      },
      {
        mentions_bot: true,
        content: [text("a cat"), aFile("image/jpeg", { file_id: "large", is_image: true })],
      },
    ),
    answered(
      "a mention of someone without a username, and one of us by id",
      {
        ...inGroup,
        text: named,
        entities: [entity(named, "Bob Babbage", { type: "text_mention", user: { ...ada, id: 9 } })],
      },
      { mentions_bot: false, content: [text("Ask @Bob Babbage")] },
    ),
    answered(
      "a mention of us by id",
      {
        ...inGroup,
        text: "Bot, hi",
        entities: [{ type: "text_mention", offset: 0, length: 3, user: bot }],
      },
      { mentions_bot: true, content: [text("hi")] },
    ),
    content(
      "links behind words",
      {
        text: link,
        entities: [entity(link, "this", { type: "text_link", url: "https://a.example/" })],
      },
      text("Read this (https://a.example/) or that"),
    ),
    answered(
      "a reply to the bot",
      {
        ...inGroup,
        text: "Why?",
        reply_to_message: {
          message_id: 700,
          from: bot,
          chat: supergroup,
          date: 1,
          text: "Because.",
        } as never,
      },
      {
        replies_to_bot: true,
        metadata: { reply_to: { message_id: "700", from_bot: true, text: "Because." } },
      },
    ),
    answered(
      "a reply to the bot's message that a thread begins with, outside of topics",
      {
        ...inGroup,
        text: "Why?",
        message_thread_id: 700,
        reply_to_message: {
          message_id: 700,
          from: bot,
          chat: supergroup,
          date: 1,
          text: "Because.",
        } as never,
      },
      {
        replies_to_bot: true,
        thread_id: null,
        address: { chat_id: supergroup.id, message_id: 789 },
      },
    ),
    answered(
      "a reply with a quotation of its part",
      {
        text: "This?",
        reply_to_message: {
          message_id: 700,
          from: ada,
          chat: forum,
          date: 1,
          text: "That and this.",
        } as never,
        quote: { text: "this", position: 9 },
      },
      {
        replies_to_bot: false,
        metadata: { reply_to: { message_id: "700", from_bot: false, text: "this" } },
      },
    ),
    answered(
      "a message in a topic, which Telegram calls a reply to its start",
      {
        chat: forum,
        text: "Hello",
        is_topic_message: true,
        message_thread_id: 12,
        reply_to_message: {
          message_id: 12,
          from: bot,
          chat: forum,
          date: 1,
          forum_topic_created: { name: "Help", icon_color: 1 },
        } as never,
      },
      {
        thread_id: "12",
        replies_to_bot: false,
        metadata: {},
        address: { chat_id: forum.id, message_id: 789, thread_id: 12 },
      },
    ),
    answered(
      "a topic in a private chat",
      { text: "Hi", is_topic_message: true, message_thread_id: 3 },
      {
        is_direct: true,
        thread_id: "3",
      },
    ),
    answered(
      "an anonymous admin, although its user is a bot",
      {
        ...inGroup,
        text: "Hi",
        from: { id: 1_087_968_824, is_bot: true, first_name: "Group" },
        sender_chat: supergroup,
      },
      { user: { id: String(supergroup.id), name: "Engines", username: null, also: [] } },
    ),
    answered("a picture", said.photo, {
      content: [text("A cat"), aFile("image/jpeg", { file_id: "large", is_image: true })],
    }),
    answered(
      "a picture of an album",
      { ...said.photo, media_group_id: "1380" },
      { album_id: "1380" },
    ),
    content("a file", said.document, aFile("application/pdf", { name: "report.pdf" })),
    content(
      "a file that is too large",
      said.large,
      text("[file film.mkv] This file could not be read. It is larger than 20 MiB."),
    ),
    content("a voice message", said.voice, aFile("audio/ogg")),
    content("a song", said.audio, aFile("audio/mpeg", { name: "song.mp3" })),
    content("a film", said.video, aFile("video/mp4")),
    content("a video note", said.video_note, aFile("video/mp4")),
    content("an animation, once", said.animation, aFile("video/mp4", { file_id: "gif" })),
    content("a live photo, once", said.live_photo, aFile("video/mp4", { file_id: "moving" })),
    content("a sticker", said.sticker as never, aFile("image/webp", { is_image: true })),
    content("an animated sticker", said.animated_sticker as never, text("🎉")),
    content("a place", said.location, text("[location] 48.2082,16.3738")),
    content(
      "a venue, once",
      said.venue,
      text("[location] 48.2082,16.3738 Café Central, Herrengasse 14"),
    ),
    content("a contact", said.contact, text("[contact] Charles Babbage, +43 1 23")),
    content(
      "a poll",
      { poll: { question: "Tea?", options: [{ text: "Yes" }, { text: "No" }] } as never },
      text("[poll] Tea?: Yes / No"),
    ),
    content("a dice", said.dice, text("[dice] 5")),
    content(
      "a rich message",
      {
        rich_message: {
          blocks: [
            { type: "heading", size: 1, text: "Plan" },
            {
              type: "paragraph",
              text: ["See ", { type: "url", text: "this", url: "https://a.example/" }, "."],
            },
            { type: "photo", photo: said.photo.photo as never },
          ],
        },
      },
      text("Plan\nSee this (https://a.example/)."),
      aFile("image/jpeg", { file_id: "large", is_image: true }),
    ),
    ...(["story", "checklist", "gift", "game", "paid_media"] as const).map((kind): Row => ({
      row: `a message with a ${kind}`,
      body: update({ [kind]: {} }),
      events: [{ kind: "message", handling: "keep", content: [text(`[${kind}]`)] }],
    })),
    dropped("a bot's message", update({ text: "Hi", from: bot })),
    dropped(
      "a post forwarded by Telegram itself",
      update({ text: "Hi", is_automatic_forward: true, sender_chat: supergroup }),
    ),
    dropped("somebody who joins", update({ new_chat_members: [ada] })),
    dropped("a message that was pinned", update({ pinned_message: {} as never })),
    dropped("an edited message", { update_id: 1, edited_message: update({ text: "Hi" }).message }),
    dropped("a post of a channel", { update_id: 1, channel_post: update({ text: "Hi" }).message }),
    dropped("a reaction", { update_id: 1, message_reaction: { chat: supergroup } }),
    {
      row: "a group that becomes a supergroup, in the old chat",
      body: update({ chat: group, migrate_to_chat_id: supergroup.id }),
      events: [{ kind: "chat_moved", from_chat_id: "-987654", to_chat_id: "-1001234567890" }],
    },
    {
      row: "a group that becomes a supergroup, in the new one",
      body: update({ ...inGroup, migrate_from_chat_id: group.id }),
      events: [{ kind: "chat_moved", from_chat_id: "-987654", to_chat_id: "-1001234567890" }],
    },
  ],
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
        [400, "Bad Request: message text is empty", "refused"],
        [400, "Bad Request: something new", "refused"],
        [413, "Request Entity Too Large", "refused"],
        [409, "Conflict: can't use getUpdates method while webhook is active", "configuration"],
        [500, "Internal Server Error", "retry"],
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
        attachment: { type: "image", url: "https://a.example/c.png" } as never,
        is_first: false,
      },
      class: "refused",
    },
  ],
  tell: (fake, words) => fake.refuse("sendMessage", { error_code: 400, description: words }),
};
