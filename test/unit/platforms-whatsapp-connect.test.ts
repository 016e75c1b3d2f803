import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import type { AdapterDeps } from "#shared/platforms/adapter";
import { platforms } from "#shared/platforms/catalogue";
import { sheena } from "../fixtures/whatsapp/calls.ts";
import { appId, type FakeWhatsApp } from "../support/fake-whatsapp.ts";
import { plainPiece } from "../support/platform-case.ts";
import { whatsapp } from "../support/whatsapp-case.ts";

const { adapter, inbound, account, channel } = whatsapp;
const { credentials } = channel;
const safeFetch = createSafeFetch({ allowPrivate: () => true });

let fake: FakeWhatsApp;
let deps: AdapterDeps;
beforeEach(async () => {
  fake = await whatsapp.start();
  const { signal } = new AbortController();
  const clock = () => Date.UTC(2026, 10, 29);
  deps = { fetch: safeFetch, base_url: fake.url, clock, signal };
});
afterEach(async () => {
  await fake.close();
  expect(fake.mistakes).toEqual([]);
});

describe("connecting a number of WhatsApp", () => {
  const names = () => fake.calls.map(({ name }) => name);
  const writes = () => names().filter((name) => name.startsWith("POST"));
  const other = "https://n8n.example/webhook";

  it("subscribes the app and sets the address of the number alone", async () => {
    expect(await adapter.connect(deps, channel)).toMatchObject({ ok: true, replaced_url: null });
    expect(writes()).toEqual(["POST account/subscribed_apps", "POST number"]);
    expect(fake.calls.at(-1)?.params).toEqual({
      webhook_configuration: {
        override_callback_uri: channel.hook_url,
        verify_token: channel.hook_secret,
      },
    });
    expect(fake.hooks).toEqual({ phone_number: channel.hook_url });
  });

  it("does not subscribe again, which would take another's address of the account away", async () => {
    fake.subscribed.push("1", appId);
    fake.hooks.whatsapp_business_account = other;
    expect(await adapter.connect(deps, channel)).toMatchObject({ ok: true, replaced_url: other });
    expect(writes()).toEqual(["POST number"]);
    expect(fake.hooks.whatsapp_business_account).toBe(other);
  });

  it.each(["phone_number", "whatsapp_business_account", "application"] as const)(
    "tells whom it replaces, by the %s",
    async (level) => {
      fake.hooks[level] = `${other}?token=${credentials.access_token}`;
      expect(await adapter.connect(deps, channel)).toMatchObject({
        replaced_url: `${other}?token=••••`,
      });
    },
  );

  it("has an app without a hook hear of messages, so that nothing is to be pasted", async () => {
    fake.appHooks = [];
    expect(await adapter.connect(deps, channel)).toMatchObject({ ok: true, problems: [] });
    expect(fake.appHooks).toMatchObject([
      { callback_url: channel.hook_url, fields: [{ name: "messages" }] },
    ]);
  });

  it("leaves the hook of an app to its owner, who is told what it does not hear", async () => {
    const hook = { object: "whatsapp_business_account", callback_url: other, active: true };
    for (const appHook of [
      { ...hook, fields: [{ name: "account_update" }] },
      { ...hook, active: false, fields: [{ name: "messages" }] },
    ]) {
      fake.appHooks = [appHook];
      const problems = [{ code: "messages_not_subscribed" }];
      expect(await adapter.connect(deps, channel)).toMatchObject({ ok: true, problems });
      expect(await adapter.probe(deps, channel)).toMatchObject({ ok: true, problems });
      expect(fake.appHooks).toEqual([appHook]);
    }
  });

  it("tells what the app does not hear when Meta lets it hear nothing", async () => {
    fake.appHooks = [{ object: "page", callback_url: other, active: true, fields: [] }];
    fake.refuse("POST id/subscriptions", {
      code: 2200,
      message: "(#2200) Callback verification failed",
    });
    expect(await adapter.connect(deps, channel)).toMatchObject({
      ok: true,
      problems: [{ code: "messages_not_subscribed" }],
    });
  });

  it("says nothing of what Meta does not tell", async () => {
    for (const error of [{ code: 100 }, { code: 190, status: 401 }, { status: 503 }]) {
      fake.refuse("GET id/subscriptions", error);
      fake.refuse("GET debug_token", error);
      expect(await adapter.connect(deps, channel)).toMatchObject({ ok: true, problems: [] });
    }
  });

  it("fails while Meta cannot reach the hook, for a reason that the owner sees", async () => {
    fake.shake = async () => false;
    expect(await adapter.connect(deps, channel)).toMatchObject({
      class: "configuration",
      code: "2200",
      message: expect.stringContaining("Meta has to reach our address from outside"),
    });
  });

  it("is asked by Meta at once, with what it was given", async () => {
    const verifier = adapter.verifierOf(channel);
    fake.shake = async (url, token) => {
      const query = {
        "hub.mode": "subscribe",
        "hub.verify_token": token,
        "hub.challenge": "1158201444",
      };
      return url === channel.hook_url && inbound.handshake?.(query, verifier) === "1158201444";
    };
    expect(await adapter.connect(deps, channel)).toMatchObject({ ok: true });
  });

  it("lets go of what is its own, and of nothing else", async () => {
    fake.hooks.phone_number = channel.hook_url;
    fake.subscribed.push(appId);
    expect(await adapter.disconnect(deps, channel)).toEqual({ ok: true });
    expect(fake.calls.at(-1)?.params).toEqual({
      webhook_configuration: { override_callback_uri: "" },
    });
    expect([fake.hooks, fake.subscribed]).toEqual([{}, [appId]]);
    for (const hooks of [{ phone_number: other }, { application: channel.hook_url }]) {
      Object.assign(fake.hooks, { phone_number: undefined, application: undefined }, hooks);
      fake.calls.length = 0;
      expect(await adapter.disconnect(deps, channel)).toEqual({ ok: true });
      expect(writes()).toEqual([]);
    }
  });

  it.each([
    ["phone_number", "its own address"],
    ["whatsapp_business_account", "the address of its account"],
    ["application", "the address of the app"],
  ] as const)("sees where messages go instead, by the %s", async (level, whose) => {
    fake.subscribed.push(appId);
    fake.hooks[level] = other;
    expect(await adapter.probe(deps, channel)).toEqual({
      ok: true,
      account,
      problems: [
        {
          code: "webhook_elsewhere",
          message: `Meta sends the number's messages to ${other}, which is ${whose}. Connect the channel again to get them.`,
        },
      ],
    });
  });

  it("counts the address of the number before that of its account and of the app", async () => {
    fake.subscribed.push(appId);
    fake.hooks.application = other;
    fake.hooks.whatsapp_business_account = channel.hook_url;
    expect(await adapter.probe(deps, channel)).toMatchObject({ problems: [] });
    fake.hooks.phone_number = other;
    expect(await adapter.probe(deps, channel)).toMatchObject({
      problems: [{ code: "webhook_elsewhere" }],
    });
  });

  it("sees that nobody is called, and that the app does not hear of the account", async () => {
    fake.subscribed.push("1");
    expect(await adapter.probe(deps, channel)).toMatchObject({
      ok: true,
      problems: [{ code: "webhook_missing" }, { code: "not_subscribed" }],
    });
  });

  it("sees a token that ends, and one that lacks a right", async () => {
    Object.assign(fake.token, {
      expires_at: Date.UTC(2026, 10, 30) / 1_000,
      scopes: ["whatsapp_business_management"],
    });
    expect(await adapter.connect(deps, channel)).toMatchObject({
      ok: true,
      problems: [
        {
          code: "missing_scope",
          message:
            "The token lacks whatsapp_business_messaging. Make another one for the system user with both.",
        },
        {
          code: "token_expires",
          message: expect.stringContaining("The token ends at 2026-11-30T00:00:00.000Z"),
        },
      ],
    });
  });

  it.each([
    ["a token with a header in it", "access_token", `${credentials.access_token}\r\nx: y`],
    ["no token", "access_token", ""],
    ["a number instead of its id", "phone_number_id", "+1 555-078-3881"],
    ["a path instead of a number", "phone_number_id", "1/../../me"],
    ["no account", "waba_id", "me"],
    ["no secret", "app_secret", ""],
  ] as const)("refuses %s without a call, and names the field", async (_, field, value) => {
    const odd = { ...channel, credentials: { ...credentials, [field]: value } };
    for (const call of [adapter.probe, adapter.connect]) {
      expect(await call(deps, odd)).toMatchObject({ class: "disconnected", field });
    }
    expect(fake.calls).toEqual([]);
  });

  it.each([
    ["another token", "access_token", `${credentials.access_token}x`],
    ["another number", "phone_number_id", "106540352242923"],
    ["another account", "waba_id", "102290129340399"],
    ["another secret", "app_secret", "f".repeat(32)],
  ] as const)("is refused for %s, and names the field", async (_, field, value) => {
    const odd = { ...channel, credentials: { ...credentials, [field]: value } };
    expect(await adapter.probe(deps, odd)).toMatchObject({ class: "disconnected", field });
    expect(await adapter.connect(deps, odd)).toMatchObject({ class: "disconnected", field });
    expect(writes()).toEqual([]);
  });

  it("is refused for an account that has other numbers, and for what is no account", async () => {
    const refused = { class: "disconnected", field: "waba_id" };
    fake.numbers[0] = "106540352242999";
    expect(await adapter.connect(deps, channel)).toMatchObject(refused);
    fake.refuse("GET account/subscribed_apps", {
      code: 100,
      message: "(#100) Tried accessing nonexisting field (subscribed_apps) on node type (Business)",
    });
    expect(await adapter.connect(deps, channel)).toMatchObject(refused);
    expect(writes()).toEqual([]);
  });

  it("does not look through more numbers than a page has", async () => {
    fake.numbers[0] = "106540352242999";
    fake.numbersGoOn = true;
    expect(await adapter.connect(deps, channel)).toMatchObject({ ok: true });
  });

  it("is refused without the right to manage, which no other token of its kind would have", async () => {
    fake.refuse("GET account/subscribed_apps", {
      code: 200,
      status: 403,
      message: "No permission",
    });
    expect(await adapter.connect(deps, channel)).toMatchObject({ class: "configuration" });
  });

  it("is called as what it is when its name is not yet verified", async () => {
    fake.name = undefined;
    expect(await adapter.probe(deps, channel)).toMatchObject({
      account: { ...account, name: "+1 555-078-3881" },
    });
  });

  it("says what is left to do", () => {
    expect(adapter.setup(channel).steps[0]).toContain("publish the app");
  });

  it("is called where the environment says", () => {
    expect(platforms.whatsapp.base_url.variable).toBe("WHATSAPP_API_URL");
  });

  it("never says a secret of its calls, in any form", async () => {
    fake.refuse("POST number", { code: 1, message: `No: ${channel.hook_secret}` });
    const failed = await adapter.connect(deps, channel);
    expect(failed).toMatchObject({ ok: false, message: "WhatsApp: No: ••••." });
    const proof = /appsecret_proof=(\w+)/.exec(fake.paths.at(-1) ?? "")?.[1] ?? "";
    fake.refuse("POST number/messages", { code: 1, message: `No: ${proof}` });
    const outgoing = { address: { to: sheena.phone }, piece: plainPiece("a"), tag: "t" };
    expect(await adapter.send(deps, credentials, outgoing)).toMatchObject({
      message: "WhatsApp: No: ••••.",
    });
    expect(proof).toHaveLength(64);
  });
});
