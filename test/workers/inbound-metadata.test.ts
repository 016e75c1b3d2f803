import { describe, expect, it } from "@jest/globals";
import { useFakeBackend } from "#test/support/fake-backend";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();

/** A conversation with the backend alone, which answers this. */
async function replyOf(answer: string) {
  backend.answer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(answer);
  });
  const { talk, key, bot_id } = await openWebChat(platform, { backend_url: backend.url });
  const echo = await platform.call("listIntegrations", {
    as: key,
    params: { bot_id },
    query: { type: "echo" },
  });
  await platform.call("deleteIntegration", { as: key, params: { id: echo.body.data[0].id } });
  const id = await talk("Hello!");
  const { body } = await platform.call("listMessages", { as: key, params: { id } });
  const integrations = await platform.call("listIntegrations", { as: key, params: { bot_id } });
  return { reply: body.data[1], last_error: integrations.body.data[0].last_error };
}

describe("the metadata of a backend's answer", () => {
  it.each([
    '{"score":1.8387801797767355e+303,"tiny":5e-324}',
    '{"prototype":1,"constructor":{"constructor":[2]}}',
    '{"toString":null,"__proto__":{"a":1}}',
    '{"":"no name","of":{"":[{"__proto__":1}]}}',
    `{"deep":${"[".repeat(60)}${"]".repeat(60)}}`,
  ])("is kept and shown whatever JSON it is: %s", async (metadata) => {
    const { reply } = await replyOf(`{"content":"Here.","metadata":${metadata}}`);
    expect(JSON.stringify(reply.metadata)).toBe(JSON.stringify(JSON.parse(metadata)));
  });

  it("keeps the digits of whole numbers that would be rounded, by making them texts", async () => {
    const { reply } = await replyOf(
      '{"content":"Here.","metadata":{"ids":[2512292042121000001,7]}}',
    );
    expect(reply).toMatchObject({
      content: "Here.",
      metadata: { ids: ["2512292042121000001", 7] },
    });
  });

  it("is a failure of the backend when it is nested without end, and the user hears of it", async () => {
    const deep = "[".repeat(50_000) + "]".repeat(50_000);
    const { reply, last_error } = await replyOf(`{"content":"Here.","metadata":{"a":${deep}}}`);
    expect(reply).toMatchObject({ role: "assistant", metadata: { failed: true } });
    expect(last_error.message).toBe("The backend's answer is nested more than 100 levels deep.");
  });

  it.each([
    ["a number that is no number", '{"score":1e400}', "number"],
    ["half of a surrogate pair", '{"half":"\\ud800"}', "surrogate pair"],
    ["a name with half of one", '{"\\udfff":1}', "surrogate pair"],
  ])("is a failure of the backend when it has %s", async (_, metadata, message) => {
    const { reply, last_error } = await replyOf(`{"content":"Here.","metadata":${metadata}}`);
    expect(reply).toMatchObject({ role: "assistant", metadata: { failed: true } });
    expect(last_error.message).toMatch(/^The backend's `metadata` cannot be kept\. /);
    expect(last_error.message).toContain(message);
    expect(backend.requests).toHaveLength(1);
  });
});

describe("a backend's answer", () => {
  it("may have long numbers where nobody reads them", async () => {
    const { reply } = await replyOf('{"content":"Here.","id":2512292042121000001}');
    expect(reply).toMatchObject({ content: "Here.", metadata: {} });
  });

  it("may have null for what it leaves out", async () => {
    const { reply } = await replyOf('{"content":"Here.","attachments":null,"metadata":null}');
    expect(reply).toMatchObject({ content: "Here.", attachments: [], metadata: {} });
    const attachment = { type: "image", url: "https://example.com/a.png" };
    const nulls = JSON.stringify({ ...attachment, name: null, mime_type: null });
    const { reply: second } = await replyOf(`{"content":"Here.","attachments":[${nulls}]}`);
    expect(second.attachments).toEqual([attachment]);
  });

  it("is a failure when its text has half of a surrogate pair", async () => {
    const { reply, last_error } = await replyOf('{"content":"Here \\ud800"}');
    expect(reply).toMatchObject({ role: "assistant", metadata: { failed: true } });
    expect(last_error.message).toContain("`content` has half of a surrogate pair");
  });
});
