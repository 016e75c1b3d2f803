import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { unknownId } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";
import { useWhatsApp } from "#test/support/whatsapp-channel";
import { openWhatsAppChat } from "#test/support/whatsapp-chat";

const platform = usePlatform();
const whatsapp = useWhatsApp();

/** A channel, with what Meta was told to ask with. */
async function aHook() {
  let token = "";
  whatsapp.fake.shake = async (_, verify_token) => {
    token = verify_token;
    return true;
  };
  const chat = await openWhatsAppChat(platform, whatsapp.fake);
  const ask = (query: object, channel_id: string = chat.channel_id) => {
    const usual = { "hub.mode": "subscribe", "hub.challenge": "11<b>", "hub.verify_token": token };
    const given = Object.entries({ ...usual, ...query }).filter(([, value]) => value !== undefined);
    return platform.call("answerWhatsAppHandshake", {
      params: { channel_id },
      query: Object.fromEntries(given),
    });
  };
  return { ...chat, ask };
}

describe("GET /v1/hooks/whatsapp/{channel_id}", () => {
  it("gives the challenge back as it is, as plain text, whatever else it is asked", async () => {
    const { ask } = await aHook();
    for (const more of [{}, { "hub.new": "1" }]) {
      const { status, headers, text } = await ask(more);
      expect([status, headers["content-type"], text]).toEqual([
        200,
        "text/plain; charset=utf-8",
        "11<b>",
      ]);
    }
  });

  it.each([
    ["with another token", { "hub.verify_token": "x" }],
    ["without a token", { "hub.verify_token": undefined }],
    ["without a challenge", { "hub.challenge": undefined }],
    ["in another mode", { "hub.mode": "unsubscribe" }],
  ])("answers 403 to who asks %s, in plain words", async (_, query) => {
    const { ask } = await aHook();
    const { status, headers, text } = await ask(query);
    expect([status, headers["content-type"]]).toEqual([403, "text/plain; charset=utf-8"]);
    expect(text).toBe("The verify token is missing or wrong.");
  });

  it("answers 404 where there is no channel, none of WhatsApp, and none any more", async () => {
    const hook = await aHook();
    const web = await openWebChat(platform, { team: hook.team });
    for (const channel_id of [unknownId("ch"), web.channel_id, "nonsense"]) {
      expect((await hook.ask({}, channel_id)).status).toBe(404);
    }
    const { channel_id: id, key } = hook;
    await platform.call("deleteChannel", { as: key, params: { id } });
    expect((await hook.ask({})).status).toBe(404);
  });

  it("knows no token of another channel", async () => {
    const [one, other] = [await aHook(), await aHook()];
    expect((await other.ask({})).status).toBe(200);
    expect((await other.ask({}, one.channel_id)).status).toBe(403);
  });

  it("answers 404 once its team's key is gone with the team", async () => {
    const { ask, team } = await aHook();
    platform.advance(16 * 60_000);
    await platform.table.delete(keys.dataKey(team.id));
    expect((await ask({})).status).toBe(404);
  });
});
