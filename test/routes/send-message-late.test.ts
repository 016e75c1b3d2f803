import { beforeEach, describe, expect, it } from "@jest/globals";
import { handle } from "#functions/channels/send-message/handler";
import { route } from "#functions/channels/send-message/route";
import { createChannelStore } from "#shared/channels/channel-store";
import { createConversationStore } from "#shared/conversations/conversation-store";
import { serve } from "#shared/http/serve";
import type { Queues } from "#shared/queue/queues";
import { publicUrl } from "#shared/runtime/public-url";
import { liveHolding } from "#shared/work/live-holding";
import { allPages } from "#test/support/all-pages";
import { callServed, type TestAnswer, usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

/** How long transactions take: no time, or until the test says so. */
let transactions = Promise.resolve();
const platform = usePlatform({ transactionTime: () => transactions });

let chat: WebChat;
beforeEach(async () => {
  transactions = Promise.resolve();
  chat = await openWebChat(platform);
});

const wholeTime = 29_000;

async function contentsOf(sent: TestAnswer) {
  const params = { id: sent.body.data.message.conversation_id };
  const messages = await allPages(platform, "listMessages", { as: chat.key, params });
  return messages.map(({ role, content }) => `${role}: ${content}`);
}

async function sweepLater() {
  await platform.settle();
  platform.advance(60_000);
  await platform.sweep();
  await platform.settle();
}

/** Resolves when a transaction with this text is sent. */
const transacted = (text: string) =>
  new Promise<void>((resolve) => {
    platform.faults = ({ operation, input }) => {
      if (operation === "TransactWriteItems" && JSON.stringify(input).includes(text)) resolve();
      return undefined;
    };
  });

describe("POST /v1/channels/{id}/messages whose time is over", () => {
  it("is not kept any more where others held its conversation until then, and says so", async () => {
    const gate = Promise.withResolvers<void>();
    transactions = gate.promise;
    const begun = transacted("First");
    const first = chat.say("First");
    await begun;
    const refused = transacted("Second");
    const second = chat.say("Second");
    await refused;
    platform.advance(wholeTime);
    gate.resolve();
    const refusal = await second;
    expect(refusal).toBeRefused(503, "service_unavailable");
    expect(refusal.body.error.message).toBe(
      "The conversation is being changed by others. Nothing was done: repeat this.",
    );
    const kept = await first;
    await platform.settle();
    expect(await contentsOf(kept)).toEqual(["user: First", "assistant: First"]);
  });

  it("is 201 without a reply where it was kept and its worker cannot be woken", async () => {
    const { promise: isHanging, resolve: hang } = Promise.withResolvers<void>();
    const queues: Queues = {
      send: () => {
        hang();
        return new Promise(() => {});
      },
      sendBatch: () => new Promise(() => {}),
      setVisibility: () => new Promise(() => {}),
    };
    const { table } = platform;
    const handler = serve(route, () =>
      handle({
        table,
        queues,
        ...liveHolding(),
        channels: createChannelStore(table),
        conversations: createConversationStore(table),
        publicUrl,
      }),
    );
    const sent = callServed(route, handler, {
      as: chat.key,
      params: { id: chat.channel_id },
      body: { user: { id: "ada" }, content: "Hello!" },
    });
    await isHanging;
    platform.advance(wholeTime);
    const answer = await sent;
    expect(answer.status).toBe(201);
    expect(answer.body.data).toMatchObject({ reply: null, reply_expected: true });
    await sweepLater();
    expect(await contentsOf(answer)).toEqual(["user: Hello!", "assistant: Hello!"]);
  });
});

describe("POST /v1/channels/{id}/messages?wait", () => {
  it("is 201 without a reply where the message was kept and the table is out of reach for the reply", async () => {
    let isKept = false;
    platform.faults = ({ operation, input }) => {
      if (isKept && operation === "BatchGetItem") return { kind: "throttle" };
      isKept ||= operation === "TransactWriteItems" && JSON.stringify(input).includes("Hello!");
      return undefined;
    };
    const answer = await chat.say("Hello!", { wait: 25 });
    expect(answer.status).toBe(201);
    expect(answer.body.data).toMatchObject({ reply: null, reply_expected: true });
    platform.faults = undefined;
    await sweepLater();
    expect(await contentsOf(answer)).toEqual(["user: Hello!", "assistant: Hello!"]);
  });
});
