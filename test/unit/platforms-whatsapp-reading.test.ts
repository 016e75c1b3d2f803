import { createWhatsAppAdapter } from "@chat-adapter/whatsapp";
import { describe, expect, it } from "@jest/globals";
import type { HookRequest } from "#shared/platforms/adapter";
import type { InboundMessage } from "#shared/platforms/inbound-event";
import { business, call, change, letter, sheena, text } from "../fixtures/whatsapp/calls.ts";
import { whatsAppCall } from "../support/fake-whatsapp.ts";
import { whatsapp } from "../support/whatsapp-case.ts";

const { adapter, inbound, account, channel } = whatsapp;
const { access_token: accessToken, app_secret: appSecret } = channel.credentials;
const now = Date.UTC(2026, 10, 29);
const verifier = adapter.verifierOf(channel);
const parse = (body: unknown, as = account as typeof account | null) =>
  inbound.parse(whatsapp.signed(body, now), { account: as, now }).events;

describe("what happens to another number of the app", () => {
  const theirs = { messages: [letter("text", { text: { body: "Hi" } })] };
  const bob = "106540352242999";

  it("is none of ours, whatever it is", () => {
    expect(parse(call(change(theirs, "messages", bob)))).toEqual([]);
    const user_id = { previous: sheena.bsuid, current: "US.2" };
    expect(parse(call(change({ user_id_update: [{ user_id }] }, "user_id_update", bob)))).toEqual(
      [],
    );
  });

  it("stops nothing of ours in the same call", () => {
    const events = parse(call(change(theirs, "messages", bob), change(theirs)));
    expect(events).toMatchObject([{ kind: "message", chat_id: sheena.phone }]);
  });

  it("is ours as long as we do not know which number is", () => {
    expect(parse(call(change(theirs, "messages", bob)), null)).toMatchObject([{ kind: "message" }]);
  });
});

it("reads a call of a thousand messages of a thousand people", () => {
  const people = Array.from({ length: 1_000 }, (_, place) => String(436_640_000_000 + place));
  const messages = people.map((from) =>
    letter("text", { from, from_user_id: undefined, id: `wamid.${from}`, text: { body: from } }),
  );
  const contacts = people.map((wa_id) => ({ wa_id, profile: { name: `N ${wa_id}` } }));
  const events = parse(call(change({ messages, contacts }))) as InboundMessage[];
  expect(events.map(({ user }) => user.name)).toEqual(people.map((id) => `N ${id}`));
});

it("takes nobody's name for that of another in the same call", () => {
  const contacts = [{ wa_id: sheena.phone, profile: { name: "Sheena" } }];
  const messages = [sheena.phone, "436641"].map((from, place) =>
    letter("text", { from, from_user_id: undefined, id: `wamid.${place}`, text: { body: "Hi" } }),
  );
  const events = parse(call(change({ messages, contacts }))) as InboundMessage[];
  expect(events.map(({ user }) => user.name)).toEqual(["Sheena", null]);
});

describe("the question whether a hook is ours", () => {
  const asked = (query: object) => inbound.handshake?.({ ...query }, verifier);
  const ours = {
    "hub.mode": "subscribe",
    "hub.verify_token": channel.hook_secret,
    "hub.challenge": "1158201444",
  };

  it("is answered with the challenge", () => {
    expect(asked(ours)).toBe("1158201444");
  });

  it.each([
    ["without a token", { "hub.verify_token": undefined }],
    ["with another token", { "hub.verify_token": `${channel.hook_secret}x` }],
    ["with an empty token", { "hub.verify_token": "" }],
    ["with the digest that is stored", { "hub.verify_token": verifier["verify_token_sha256"] }],
    ["in another mode", { "hub.mode": "unsubscribe" }],
    ["without a challenge", { "hub.challenge": undefined }],
  ])("is not answered %s", (_, query) => {
    expect(asked({ ...ours, ...query })).toBeUndefined();
  });

  it("is not answered by who has no token", () => {
    expect(inbound.handshake?.(ours, {})).toBeUndefined();
    expect(inbound.handshake?.({ ...ours, "hub.verify_token": "" }, {})).toBeUndefined();
  });
});

describe("beside an adapter of others", () => {
  const silent = () => {};
  const logger = { child: () => logger, debug: silent, info: silent, warn: silent, error: silent };
  const other = createWhatsAppAdapter({
    accessToken,
    appSecret,
    phoneNumberId: business.phone_number_id,
    verifyToken: channel.hook_secret,
    logger,
  });

  /** Rows that we read otherwise on purpose, and why. */
  const onPurpose = new Map([
    ["a picture", "theirs says [Image] beside it"],
    ["a video with words", "theirs says [Video] instead of its words"],
    ["a document", "theirs says its name beside it"],
    ["a voice message", "theirs says [Audio message] beside it"],
    ["a sound", "as above"],
    ["a sticker", "theirs says [Sticker] beside it"],
    ["an animated sticker", "theirs takes it for a picture, which models cannot see"],
    ["a file that is nowhere", "theirs finds out when it fetches it"],
    ["a place", "theirs writes it otherwise and adds a link to a map"],
    ["a place without a name", "as above"],
    ["contacts", "theirs drops them"],
    ["an order", "as above"],
    ["a pressed button", "theirs makes an action of it"],
    ["a choice of a list", "as above"],
    ["a button of a template", "as above"],
    ["a form", "as above"],
    ["an older text", "theirs answers whatever its age"],
    ["what the API does not bring", "theirs drops it"],
    ["what it does not bring, without its kind", "as above"],
    ["a kind that is new", "as above"],
    ["a kind that is none", "as above"],
    ["another answer to what we never asked", "as above"],
    [
      "many things in any order: messages as they were sent, and then what became of ours",
      "theirs takes them as they come",
    ],
  ]);

  const rows = whatsapp.comesIn.flatMap(({ row, body, events: [event] }) =>
    event?.kind === "message" && !onPurpose.has(row) ? [[row, body] as const] : [],
  );

  it.each(rows)("reads %s as that does", (_, body) => {
    const [ours] = parse(body) as [InboundMessage];
    const { contacts, messages } = Object(body).entry[0].changes[0].value;
    const theirs = other.parseMessage({
      message: messages[0],
      contact: contacts[0],
      phoneNumberId: business.phone_number_id,
    });
    const text = ours.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
    expect(text.join("\n")).toBe(theirs.text);
    expect(ours.message_id).toBe(theirs.id);
    expect(ours.sent_at).toBe(theirs.metadata.dateSent.getTime());
    expect(ours.user.id).toBe(theirs.author.userId);
    expect(ours.user.name).toBe(theirs.author.fullName);
    const files = ours.content.flatMap((part) => (part.type === "file" ? [part] : []));
    expect(files.map(({ file, mime_type }) => [file["media_id"], mime_type])).toEqual(
      theirs.attachments.map(({ fetchMetadata, mimeType }) => [
        fetchMetadata?.["mediaId"],
        mimeType,
      ]),
    );
  });

  it("knows each row that is read otherwise", () => {
    const known = whatsapp.comesIn.map(({ row }) => row);
    expect([...onPurpose.keys()].filter((row) => !known.includes(row))).toEqual([]);
    expect(rows.length).toBeGreaterThan(10);
  });

  const takes = async ({ headers, body }: HookRequest) => {
    const given = Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as [string, string]],
    );
    const init = { method: "POST", headers: given, body: Buffer.from(body).toString() };
    const { status } = await other.handleWebhook(new Request("https://a.example", init));
    return status === 200;
  };

  it("takes and refuses the same calls", async () => {
    const body = JSON.stringify(text("Grüße 🙂"));
    const calls = [
      whatsAppCall(body, appSecret),
      ...whatsapp.forged(text("Hi"), now).map(([, forged]) => forged),
    ];
    const [ours, theirs] = [
      calls.map((one) => inbound.verify(one, verifier, now)),
      await Promise.all(calls.map(takes)),
    ];
    expect(ours).toEqual(theirs);
    expect(ours.filter(Boolean)).toHaveLength(1);
  });

  it.each([
    ["as it is", {}],
    ["in another mode", { "hub.mode": "unsubscribe" }],
    ["with another token", { "hub.verify_token": "x" }],
    ["with an empty token", { "hub.verify_token": "" }],
  ])("answers the question %s as that does", async (_, changed) => {
    const query = {
      "hub.mode": "subscribe",
      "hub.verify_token": channel.hook_secret,
      "hub.challenge": "1158201444",
      ...changed,
    };
    const url = `https://a.example?${new URLSearchParams(query).toString()}`;
    const theirs = await other.handleWebhook(new Request(url));
    const ours = inbound.handshake?.(query, verifier);
    expect(ours).toBe(theirs.status === 200 ? await theirs.text() : undefined);
  });
});

it("takes what Meta signs, which is JSON in other bytes than ours would be", () => {
  // https://developers.facebook.com/docs/messenger-platform/webhooks: an escaped Unicode version of the payload.
  const body = String.raw`{"object":"whatsapp_business_account","entry":[],"a":"\u00e4\u00f6\u00e5 \/"}`;
  const signed = whatsAppCall(body, appSecret);
  expect(inbound.verify(signed, verifier, now)).toBe(true);
  const written = { ...signed, body: Buffer.from(JSON.stringify(JSON.parse(body))) };
  expect(inbound.verify(written, verifier, now)).toBe(false);
});
