import { createTelegramAdapter } from "@chat-adapter/telegram";
import type { Message } from "@grammyjs/types";
import { describe, expect, it } from "@jest/globals";
import type { InboundMessage } from "#shared/platforms/inbound-event";
import { file, update } from "../fixtures/telegram/updates.ts";
import { telegramCall } from "../support/fake-telegram.ts";
import { telegram } from "../support/telegram-case.ts";

const { adapter, inbound, account, channel } = telegram;
const { credentials } = channel;
const now = Date.UTC(2026, 10, 29);

/** What each field of a message is to us, by the types of others: a field that is new there stops compiling here. */
const fields = {
  message_id: "about",
  message_thread_id: "about",
  from: "about",
  sender_chat: "about",
  date: "about",
  guest_query_id: "about",
  business_connection_id: "about",
  chat: "about",
  is_topic_message: "about",
  direct_messages_topic: "about",
  sender_tag: "about",
  receiver_user: "about",
  ephemeral_message_id: "about",
  sender_boost_count: "about",
  sender_business_bot: "about",
  forward_origin: "about",
  is_automatic_forward: "about",
  reply_to_message: "about",
  reply_to_checklist_task_id: "about",
  reply_to_poll_option_id: "about",
  external_reply: "about",
  quote: "about",
  reply_to_story: "about",
  via_bot: "about",
  guest_bot_caller_user: "about",
  guest_bot_caller_chat: "about",
  edit_date: "about",
  has_protected_content: "about",
  is_from_offline: "about",
  is_paid_post: "about",
  media_group_id: "about",
  author_signature: "about",
  paid_star_count: "about",
  show_caption_above_media: "about",
  has_media_spoiler: "about",
  link_preview_options: "about",
  effect_id: "about",
  reply_markup: "about",
  entities: "about",
  caption_entities: "about",
  suggested_post_info: "about",
  text: "said",
  rich_message: "said",
  animation: "said",
  audio: "said",
  document: "said",
  live_photo: "said",
  photo: "said",
  sticker: "said",
  video: "said",
  video_note: "said",
  voice: "said",
  caption: "said",
  contact: "said",
  dice: "said",
  poll: "said",
  venue: "said",
  location: "said",
  story: "kept",
  checklist: "kept",
  gift: "kept",
  unique_gift: "kept",
  game: "kept",
  invoice: "kept",
  paid_media: "kept",
  giveaway: "kept",
  giveaway_winners: "kept",
  checklist_tasks_done: "service",
  checklist_tasks_added: "service",
  community_chat_added: "service",
  community_chat_removed: "service",
  suggested_post_approved: "service",
  suggested_post_approval_failed: "service",
  suggested_post_declined: "service",
  suggested_post_paid: "service",
  suggested_post_refunded: "service",
  chat_owner_left: "service",
  chat_owner_changed: "service",
  new_chat_members: "service",
  community_chat_joined: "service",
  left_chat_member: "service",
  new_chat_title: "service",
  new_chat_photo: "service",
  delete_chat_photo: "service",
  group_chat_created: "service",
  supergroup_chat_created: "service",
  channel_chat_created: "service",
  managed_bot_created: "service",
  poll_option_added: "service",
  poll_option_deleted: "service",
  message_auto_delete_timer_changed: "service",
  migrate_to_chat_id: "service",
  migrate_from_chat_id: "service",
  pinned_message: "service",
  successful_payment: "service",
  refunded_payment: "service",
  users_shared: "service",
  chat_shared: "service",
  connected_website: "service",
  write_access_allowed: "service",
  passport_data: "service",
  proximity_alert_triggered: "service",
  boost_added: "service",
  chat_background_set: "service",
  forum_topic_created: "service",
  forum_topic_edited: "service",
  forum_topic_closed: "service",
  forum_topic_reopened: "service",
  general_forum_topic_hidden: "service",
  general_forum_topic_unhidden: "service",
  giveaway_created: "service",
  giveaway_completed: "service",
  gift_upgrade_sent: "service",
  paid_message_price_changed: "service",
  direct_message_price_changed: "service",
  video_chat_scheduled: "service",
  video_chat_started: "service",
  video_chat_ended: "service",
  video_chat_participants_invited: "service",
  web_app_data: "service",
} as const satisfies Record<keyof Message, "about" | "said" | "kept" | "service">;

it("knows each field that a message can have: said, kept, or of the service", () => {
  const text = { text: "a", caption: "a", photo: [{ ...file, width: 1 }] };
  const rich = { rich_message: { blocks: [{ type: "paragraph", text: "a" }] } };
  const wrong = Object.entries(fields).filter(([field, kind]) => {
    if (kind === "about") return false;
    const given = { ...text, ...rich }[field] ?? {};
    const parsed = inbound.parse(telegramCall(update({ [field]: given }), ""), { account, now });
    const handling = parsed.events.flatMap((event) =>
      event.kind === "message" ? [event.handling] : [],
    );
    return handling.join() !== { said: "answer", kept: "keep", service: "" }[kind];
  });
  expect(wrong).toEqual([]);
});

const silent = () => {};
const logger = { child: () => logger, debug: silent, info: silent, warn: silent, error: silent };

describe("beside an adapter of others", () => {
  const { bot_token } = credentials;
  const other = createTelegramAdapter({
    botToken: bot_token,
    secretToken: channel.hook_secret,
    userName: "OurBot",
    mode: "webhook",
    logger,
  });

  /** Rows that we read otherwise on purpose, and why. */
  const onPurpose = new Map([
    ["a mention, which is left out at the start", "the backend is not told the bot's own name"],
    ["a mention in other letters", "as above"],
    ["a mention in a caption", "as above"],
    ["a mention of us by id", "as above; and theirs knows its own id only after a call"],
    ["a command to the bot", "as above"],
    ["a mention of someone without a username", "who is mentioned has an @"],
    ["links behind words", "theirs makes Markdown of entities"],
    ["a place", "words of our own form"],
    ["a venue, once", "words of our own form"],
    ["a contact", "words of our own form"],
    ["a poll", "words of our own form"],
    ["a dice", "words of our own form"],
    ["a sticker", "a picture needs no emoji"],
    ["an animated sticker", "no model reads its file"],
    ["a live photo, once", "theirs takes both"],
    ["a file that is too large", "theirs finds out when it fetches it"],
    ["a rich message", "theirs keeps its Markdown elsewhere"],
    ["an anonymous admin, although its user is a bot", "theirs names the stand-in"],
  ]);

  const rows = telegram.comesIn.flatMap(({ row, body, events: [event] }) => {
    const { message } = Object(body);
    return event?.kind === "message" && message && !onPurpose.has(row) && "content" in event
      ? [[row, message] as const]
      : [];
  });

  it.each(rows)("reads %s as that does", (_, message) => {
    const [event] = inbound.parse(telegramCall({ update_id: 1, message }, ""), {
      account,
      now,
    }).events;
    const ours = event as InboundMessage;
    const theirs = other.parseMessage(message);
    const text = ours.content
      .flatMap((part) => (part.type === "text" ? [part.text] : []))
      .join("\n");
    if (ours.handling === "answer") expect(text).toBe(theirs.text);
    expect(ours.identity.replace(/^4200:/, "")).toBe(theirs.id);
    expect(ours.sent_at).toBe(theirs.metadata.dateSent.getTime());
    expect(ours.user.id).toBe(theirs.author.userId);
    expect(ours.user.name).toBe(theirs.author.fullName);
    expect(ours.mentions_bot).toBe(theirs.isMention);
    const files = ours.content.flatMap((part) =>
      part.type === "file" ? [part.file["file_id"]] : [],
    );
    expect(files).toEqual(theirs.attachments.map(({ fetchMetadata }) => fetchMetadata?.["fileId"]));
  });

  it("takes and refuses the same calls", async () => {
    const body = { update_id: 1 };
    const verifier = adapter.verifierOf(channel);
    const calls = [
      telegram.signed(body, now),
      ...telegram.forged(body, now).map(([, call]) => call),
    ];
    for (const call of calls) {
      const headers = Object.entries(call.headers).map(
        ([name, value]) => [name, value ?? ""] as [string, string],
      );
      const request = new Request("https://a.example", {
        method: "POST",
        headers,
        body: Buffer.from(call.body),
      });
      const { status } = await other.handleWebhook(request);
      expect(inbound.verify(call, verifier, now)).toBe(status === 200);
    }
  });
});
