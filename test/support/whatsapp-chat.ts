import type { Id } from "#shared/runtime/ids";
import { type FakeWhatsApp, whatsAppCall } from "./fake-whatsapp.ts";
import { created } from "./make.ts";
import { type ChatOptions, openChat, type PlatformChat } from "./platform-chat.ts";
import type { TestAnswer, TestPlatform } from "./test-platform.ts";
import { credentials } from "./whatsapp-channel.ts";

/** A bot that people write to over WhatsApp. */
export interface WhatsAppChat extends PlatformChat {
  /** The request with which Meta tells of something. */
  readonly request: (body: object) => {
    readonly params: { readonly channel_id: Id<"ch"> };
    readonly rawBody: Uint8Array;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Has Meta tell of it. */
  readonly tell: (body: object) => Promise<TestAnswer>;
}

/**
 * Makes a bot with these fields and a channel of WhatsApp's, which the given server stands for. It has been told nothing
 * when this ends.
 */
export async function openWhatsAppChat(
  platform: TestPlatform,
  fake: FakeWhatsApp,
  options: ChatOptions = {},
): Promise<WhatsAppChat> {
  const chat = await openChat(platform, options, (team, bot_id) =>
    created<"ch">(platform, "createChannel", {
      as: team.key,
      params: { bot_id },
      body: { type: "whatsapp", credentials },
    }),
  );
  fake.calls.length = 0;
  const { channel_id } = chat;
  const request: WhatsAppChat["request"] = (body) => {
    const call = whatsAppCall(JSON.stringify(body), credentials.app_secret);
    return { params: { channel_id }, headers: call.headers, rawBody: call.body };
  };
  return { ...chat, request, tell: (body) => platform.call("receiveWhatsAppCall", request(body)) };
}

/** What answers operations, however it is reached. */
interface Called {
  readonly call: (
    operationId: string,
    request: {
      readonly params: Readonly<Record<string, string>>;
      readonly query: Readonly<Record<string, string>>;
    },
  ) => Promise<{ readonly status: number; readonly text: string }>;
}

/** Asks a hook of this platform whether it is ours, as Meta does when it is set. */
export const shakenBy =
  (platform: Called): FakeWhatsApp["shake"] =>
  async (url, verify_token) => {
    const challenge = "1158201444";
    const { status, text } = await platform.call("answerWhatsAppHandshake", {
      params: { channel_id: url.split("/").at(-1) ?? "" },
      query: {
        "hub.mode": "subscribe",
        "hub.challenge": challenge,
        "hub.verify_token": verify_token,
      },
    });
    return status === 200 && text === challenge;
  };
