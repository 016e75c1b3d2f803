import { beforeEach, describe, expect, it } from "@jest/globals";
import { createChannelStore } from "#shared/channels/channel-store";
import { disconnectChannel } from "#shared/channels/disconnect-channel";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { liveWork } from "#shared/work/live-work";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { aLoop, aWebChannel, aWebhookEndpoint } from "#test/support/make";
import { type TestTeam, usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";
import { deliveriesOf, eventsOf, readEvent } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const receiver = useFakeBackend(answers.status(204));
const backend = useFakeBackend(answers.json({ content: "Noted." }));
const fallback = useFakeBackend(answers.json({ content: "Noted." }));
let team: TestTeam;
beforeEach(async () => {
  team = await platform.team();
});
const endpoint = (fields: object = {}) =>
  aWebhookEndpoint(platform, team.key, { url: receiver.url, events: ["*"], ...fields });
const read = async (operationId: string, id: string) =>
  (await platform.call(operationId, { as: team.key, params: { id } })).body.data;

describe("A user's message that is kept", () => {
  it("is told to each endpoint that wants it, with its conversation as the API shows both", async () => {
    const wanting = [await endpoint(), await endpoint({ events: ["message.received"] })];
    await endpoint({ events: ["integration.failed"] });
    await endpoint({ status: "disabled" });
    const chat = await openWebChat(platform, { team });
    const { body } = await chat.say("Hello!", { message_id: "theirs" });
    const conversation = await read("getConversation", body.data.message.conversation_id);
    const [event, ...others] = await eventsOf(team);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      type: "message.received",
      timestamp: body.data.message.created_at,
      team_id: team.id,
      data: {
        message: body.data.message,
        conversation,
        bot_id: chat.bot_id,
        channel_id: chat.channel_id,
      },
    });
    const deliveries = await deliveriesOf(team);
    expect(deliveries.map(({ webhook_id }) => String(webhook_id)).toSorted()).toEqual(
      wanting.map(({ id }) => id).toSorted(),
    );
    await platform.settle();
    expect(receiver.requests.map(({ body }) => readEvent(body))).toEqual([event, event]);
  });

  it("is told with the conversation as it is after each message, also when they come at once", async () => {
    await endpoint();
    const chat = await openWebChat(platform, { team });
    await chat.talk("The first");
    const said = await Promise.all(
      Array.from({ length: 5 }, (_, index) => chat.say(`At once ${index}`)),
    );
    expect(said.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    await platform.settle();
    const told = await eventsOf(team);
    const stored = (await platform.call("listMessages", {
      as: team.key,
      params: { id: told[0]!.data.conversation.id },
      query: { per_page: 100 },
    })) as { body: { data: { id: string; role: string }[] } };
    const numbers = new Map(stored.body.data.map(({ id }, index) => [id, index + 1]));
    expect(told).toHaveLength(6);
    for (const { data } of told) {
      expect([data.message.id, data.conversation.message_count]).toEqual([
        data.message.id,
        numbers.get(data.message.id),
      ]);
      expect(data.conversation.last_message_at).toBe(data.message.created_at);
    }
  });

  it("is told of though nobody answers it", async () => {
    await endpoint();
    const chat = await openWebChat(platform, { team });
    const body = { status: "paused" };
    await platform.call("updateBot", { as: team.key, params: { id: chat.bot_id }, body });
    await chat.talk("Anybody?");
    expect(await eventsOf(team)).toHaveLength(1);
  });

  it("is told once when it comes again", async () => {
    await endpoint();
    const chat = await openWebChat(platform, { team });
    const again = { message_id: "the-same" };
    for (let times = 0; times < 3; times++) await chat.talk("Hello!", again);
    platform.advance(1);
    await Promise.all([1, 2, 3].map(() => chat.say("And again", { message_id: "another" })));
    await platform.settle();
    expect((await eventsOf(team)).map(({ data }) => data.message.content)).toEqual([
      "Hello!",
      "And again",
    ]);
    expect(receiver.requests).toHaveLength(2);
  });

  it("writes nothing and sends nothing where no endpoint wants it", async () => {
    await endpoint({ events: ["agent_loop.completed"] });
    const chat = await openWebChat(platform, { team });
    await chat.talk("Hello!");
    expect(await deliveriesOf(team)).toEqual([]);
    expect(receiver.requests).toEqual([]);
  });

  it("is told to an endpoint that was made a moment ago, in the same process", async () => {
    const chat = await openWebChat(platform, { team });
    await chat.talk("Before");
    await endpoint();
    await chat.talk("After");
    expect((await eventsOf(team)).map(({ data }) => data.message.content)).toEqual(["After"]);
  });

  it("wakes 20 deliveries with two sends, and tells all of them by the sweeper when no send comes through", async () => {
    for (let made = 0; made < 20; made++) await endpoint();
    const chat = await openWebChat(platform, { team });
    let sends = 0;
    platform.faults = ({ operation, input }) => {
      const isDelivery = operation === "SendMessageBatch" && JSON.stringify(input).includes("dlv_");
      if (!isDelivery) return undefined;
      sends++;
      return { kind: "throttle" };
    };
    await chat.talk("Hello!");
    expect(sends % 2).toBe(0);
    expect(receiver.requests).toEqual([]);
    platform.faults = undefined;
    platform.advance(61_000);
    await platform.sweep();
    await platform.settle();
    expect(receiver.requests).toHaveLength(20);
    expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });
});

describe("An attempt at a backend that fails", () => {
  const openChat = async () => {
    const chat = await openWebChat(platform, { team, backend_url: backend.url });
    const { body } = await platform.call("createIntegration", {
      as: team.key,
      params: { bot_id: chat.bot_id },
      body: { name: "Second", url: fallback.url, fallback: true },
    });
    return { chat, second: body.data.id as Id<"int"> };
  };

  it("is told with whether another was tried, and once for each backend", async () => {
    await endpoint({ events: ["integration.failed"] });
    backend.answer(answers.status(503));
    fallback.answer(answers.html("<h1>It works!</h1>"));
    const { chat, second } = await openChat();
    const { body } = await chat.say("Hello!", { wait: 20 });
    await platform.settle();
    const { message } = body.data;
    const told = await eventsOf(team);
    expect(told.map(({ data }) => data).toSorted((one) => (one.fallback_used ? -1 : 1))).toEqual([
      {
        integration_id: expect.stringMatching(/^int_/),
        bot_id: chat.bot_id,
        conversation_id: message.conversation_id,
        message_id: message.id,
        error: {
          code: "http_error",
          message: "The backend answered with HTTP status 503.",
          status: 503,
        },
        fallback_used: true,
      },
      expect.objectContaining({
        integration_id: second,
        error: expect.objectContaining({ code: "invalid_response", status: 200 }),
        fallback_used: false,
      }),
    ]);
    expect(receiver.requests).toHaveLength(2);
  });

  it("is told though the fallback answers", async () => {
    await endpoint();
    backend.answer(answers.resetBeforeHeaders());
    const { chat } = await openChat();
    const { body } = await chat.say("Hello!", { wait: 20 });
    expect(body.data.reply.content).toBe("Noted.");
    await platform.settle();
    const failed = (await eventsOf(team)).filter(({ type }) => type === "integration.failed");
    expect(
      failed.map(({ data }) => [data.error.code, data.error.status, data.fallback_used]),
    ).toEqual([["network_error", null, true]]);
  });

  it("reads the endpoints only when something failed", async () => {
    await endpoint({ events: ["integration.failed"] });
    const { chat } = await openChat();
    let reads = 0;
    platform.faults = ({ operation, input }) => {
      if (operation === "Query" && JSON.stringify(input).includes("WEBHOOK#")) reads++;
      return undefined;
    };
    await chat.talk("Hello!");
    expect(reads).toBe(1);
    backend.answer(answers.status(500));
    await chat.talk("And now?");
    expect(reads).toBe(3);
  });

  it("is told once when the answer to its report is lost and the SDK repeats it", async () => {
    await endpoint({ events: ["integration.failed"] });
    backend.answer(answers.status(500));
    const { chat } = await openChat();
    let lost = 0;
    platform.faults = ({ operation, input }) =>
      operation === "TransactWriteItems" &&
      JSON.stringify(input).includes("#EVENT#") &&
      lost++ === 0
        ? { kind: "answer_lost" }
        : undefined;
    await chat.talk("Hello!");
    expect(lost).toBeGreaterThan(0);
    expect(await eventsOf(team)).toHaveLength(1);
    expect(await deliveriesOf(team)).toHaveLength(1);
  });

  it("is told once, and not made again, though its turn is broken off before the reply", async () => {
    await endpoint({ events: ["integration.failed"] });
    backend.answer(answers.status(500));
    const { chat } = await openChat();
    platform.faults = ({ operation, input }) =>
      operation === "TransactWriteItems" && JSON.stringify(input).includes("reply_number")
        ? { kind: "throttle" }
        : undefined;
    const id = await chat.talk("Hello!");
    platform.faults = undefined;
    platform.advance(6_000);
    await platform.settle();
    const { body } = await platform.call("listMessages", { as: team.key, params: { id } });
    expect(body.data.map(({ role }: { role: string }) => role)).toEqual(["user", "assistant"]);
    expect(backend.requests).toHaveLength(1);
    expect(await eventsOf(team)).toHaveLength(1);
  });

  it("is told to nobody when it is a test of the integration", async () => {
    await endpoint();
    backend.answer(answers.status(500));
    const { chat } = await openChat();
    const params = { bot_id: chat.bot_id };
    const { body } = await platform.call("listIntegrations", { as: team.key, params });
    for (const { id } of body.data) {
      await platform.call("testIntegration", { as: team.key, params: { id }, body: {} });
    }
    expect(backend.requests).toHaveLength(1);
    expect(await deliveriesOf(team)).toEqual([]);
  });
});

describe("An execution that ends", () => {
  const run = async (loop: object = {}) => {
    const { id } = await aLoop(platform, team.key, loop);
    const { body } = await platform.call("runAgentLoop", { as: team.key, params: { id } });
    return { loop_id: id, id: body.data.id as string };
  };

  it("is told with what its callback says, each under an id of its own", async () => {
    await endpoint();
    const { id } = await run({ callback: { url: backend.url } });
    await platform.settle();
    const [event, ...others] = await eventsOf(team);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ type: "agent_loop.completed", data: { execution_id: id } });
    const [callback] = backend.requests;
    expect(JSON.parse(callback!.body)).toEqual(event!.data);
    expect(callback!.headers["webhook-id"]).not.toBe(event!.id);
    expect(receiver.requests.map(({ body }) => readEvent(body))).toEqual([event]);
  });

  it.each(["failed", "cancelled"])("is told when it has %s", async (status) => {
    await endpoint({ events: ["agent_loop.completed"] });
    const model = { provider: "openai", name: "fake", base_url: "http://127.0.0.1:1/v1" };
    const { id } = await run({ model });
    await platform.settle();
    if (status === "cancelled") {
      await platform.call("cancelExecution", { as: team.key, params: { id } });
    }
    for (let looks = 0; looks < 30; looks++) {
      await platform.settle();
      platform.advance(120_000);
      await platform.sweep();
    }
    const [event, ...others] = await eventsOf(team);
    expect(others).toEqual([]);
    const execution = await read("getExecution", id);
    expect(execution.status).toBe(status);
    expect(event!.data).toMatchObject({
      execution_id: id,
      status: execution.status,
      error: execution.error,
    });
    expect(event!.timestamp).toBe(execution.metadata.completed_at);
  });

  it("is told when its loop is deleted under it", async () => {
    await endpoint();
    const model = { provider: "openai", name: "fake", base_url: "http://127.0.0.1:1/v1" };
    const { id, loop_id } = await run({ model });
    await platform.settle();
    await platform.call("deleteAgentLoop", { as: team.key, params: { id: loop_id } });
    await platform.settle();
    expect((await eventsOf(team)).map(({ data }) => [data.execution_id, data.status])).toEqual([
      [id, "cancelled"],
    ]);
  });

  it("is told when a schedule began it", async () => {
    await endpoint();
    await aLoop(platform, team.key, { schedule: { every_minutes: 60 } });
    platform.advance(3_601_000);
    await platform.sweep();
    await platform.settle();
    expect((await eventsOf(team)).map(({ data }) => data.status)).toEqual(["completed"]);
  });
});

describe("A channel whose platform refuses it for good", () => {
  it("is disconnected and told once, whoever notices it how often", async () => {
    await endpoint();
    const id = await aWebChannel(platform, team.key);
    const channels = createChannelStore(platform.table);
    const { channel } = (await channels.find(team.id, id))!;
    const notice = () =>
      disconnectChannel(liveWork(), team.id, channel, "unauthorized", platform.clock());
    const noticed = await Promise.all([notice(), notice(), notice()]);
    expect(noticed.toSorted()).toEqual(["changed", "changed", "disconnected"]);
    expect(await notice()).toBe("changed");
    await platform.settle();
    expect(await read("getChannel", id)).toMatchObject({
      status: "disconnected",
      status_reason: "unauthorized",
    });
    expect((await eventsOf(team)).map(({ data }) => data)).toEqual([
      { channel_id: id, bot_id: channel.bot_id, type: "web", reason: "unauthorized" },
    ]);
    expect(receiver.requests).toHaveLength(1);
  });

  it("stays connected when its team has changed it meanwhile", async () => {
    await endpoint();
    const id = await aWebChannel(platform, team.key);
    const { channel } = (await createChannelStore(platform.table).find(team.id, id))!;
    const body = { name: "Renamed" };
    await platform.call("updateChannel", { as: team.key, params: { id }, body });
    expect(
      await disconnectChannel(liveWork(), team.id, channel, "unauthorized", platform.clock()),
    ).toBe("changed");
    const row = await platform.table.get(keys.channel(team.id, channel.bot_id, id));
    expect(row).toMatchObject({ status: "connected", name: "Renamed" });
    expect(await deliveriesOf(team)).toEqual([]);
  });
});
