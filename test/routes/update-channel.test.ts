import { describe, expect, it } from "@jest/globals";
import { aWebChannel } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();

async function aChannel() {
  const chat = await openWebChat(platform);
  const request = { as: chat.key, params: { id: chat.channel_id } };
  const read = async () => (await platform.call("getChannel", request)).body.data;
  const update = (body: unknown) => platform.call("updateChannel", { ...request, body });
  return { ...chat, read, update };
}

describe("PATCH /v1/channels/{id}", () => {
  itRefuses("updateChannel", platform, async (as) => ({
    as,
    params: { id: await aWebChannel(platform, as) },
    body: { name: "Website" },
  }));

  it("changes what is given, keeps the rest and moves updated_at", async () => {
    const { read, update } = await aChannel();
    const before = await read();
    platform.advance(5_000);
    const { status, body } = await update({ name: "Website" });
    expect(status).toBe(200);
    const updated_at = new Date(platform.clock()).toISOString();
    expect(body.data).toEqual({ ...before, name: "Website", updated_at });
    expect(await read()).toEqual(body.data);
    const second = await update({ enabled: false });
    expect(second.body.data).toMatchObject({ name: "Website", enabled: false });
  });

  it.each([
    ["nothing", {}],
    ["empty credentials", { credentials: {} }],
    ["what it is already", { enabled: true, name: "web" }],
  ])("changes nothing for %s, not even updated_at", async (_, body) => {
    const { read, update } = await aChannel();
    const before = await read();
    platform.advance(5_000);
    expect((await update(body)).body.data).toEqual(before);
    expect(await read()).toEqual(before);
  });

  it.each<[string, unknown, string, string]>([
    ["another type", { type: "web" }, "body.type", "Read only; leave it out."],
    ["another bot", { bot_id: "bot_x" }, "body.bot_id", "Read only; leave it out."],
    ["a status", { status: "connected" }, "body.status", "Read only; leave it out."],
    ["an empty name", { name: "" }, "body.name", "Must be 1 to 100 characters long."],
    ["null as name", { name: null }, "body.name", "Must be a string."],
    ["null as enabled", { enabled: null }, "body.enabled", "Must be true or false."],
    [
      "credentials for a web channel",
      { credentials: { bot_token: "1:a" } },
      "body.credentials.bot_token",
      "There is no such field.",
    ],
  ])("refuses %s and points at it", async (_, body, path, message) => {
    const { read, update } = await aChannel();
    const before = await read();
    const answer = await update(body);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([{ path, message }]);
    expect(await read()).toEqual(before);
  });

  it("merges changes that are made at the same moment", async () => {
    const { read, update } = await aChannel();
    const answers = await Promise.all([update({ name: "Website" }), update({ enabled: false })]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await read()).toMatchObject({ name: "Website", enabled: false });
  });

  it("keeps the history of a channel that is disabled and answers again when it is enabled", async () => {
    const { talk, update, key } = await aChannel();
    const id = await talk("Hello!");
    await update({ enabled: false });
    await talk("Anyone?");
    await update({ enabled: true });
    await talk("Now?");
    const list = await platform.call("listMessages", { as: key, params: { id } });
    expect(list.body.data.map((message: { content: string }) => message.content)).toEqual([
      "Hello!",
      "Hello!",
      "Anyone?",
      "Now?",
      "Now?",
    ]);
  });

  it("answers 404 when the channel or its bot is deleted", async () => {
    const one = await aChannel();
    const two = await aChannel();
    await platform.call("deleteChannel", { as: one.key, params: { id: one.channel_id } });
    await platform.call("deleteBot", { as: two.key, params: { id: two.bot_id } });
    expect((await one.update({ name: "Late" })).status).toBe(404);
    expect((await two.update({ name: "Late" })).status).toBe(404);
  });
});
