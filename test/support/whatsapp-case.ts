import { adapter } from "#shared/platforms/whatsapp/adapter";
import { inbound } from "#shared/platforms/whatsapp/inbound";
import { business, sheena, wamid } from "../fixtures/whatsapp/calls.ts";
import { comesIn } from "../fixtures/whatsapp/comes-in.ts";
import { type FakeWhatsApp, startFakeWhatsApp, whatsAppCall } from "./fake-whatsapp.ts";
import type { PlatformCase } from "./platform-case.ts";

const app_secret = "0123456789abcdef0123456789abcdef";
const channel = {
  credentials: {
    access_token: "EAAJB0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    phone_number_id: business.phone_number_id,
    waba_id: business.waba_id,
    app_secret,
  },
  hook_url: "https://chat.example/hooks/whatsapp/ch_1",
  hook_secret: "0123456789abcdefghijklmnopqrstuvwxyz_-ABCDEF",
  answers_all_in_groups: false,
};

const picture = {
  type: "attachment",
  attachment: {
    type: "image",
    url: "https://a.example/c.png",
    name: undefined,
    mime_type: undefined,
  },
  is_first: false,
} as const;

/** WhatsApp, as the suite over all platforms needs to know it. */
export const whatsapp: PlatformCase<"whatsapp", FakeWhatsApp> = {
  name: "whatsapp",
  adapter,
  inbound,
  account: {
    id: business.phone_number_id,
    user_id: business.number,
    username: null,
    name: "Lucky Shrub",
  },
  channel,
  start: () => startFakeWhatsApp(channel),
  signed: (body) => whatsAppCall(JSON.stringify(body) ?? "", app_secret),
  forged: (body) => {
    const words = JSON.stringify(body);
    const call = whatsAppCall(words, app_secret);
    const signature = call.headers["x-hub-signature-256"];
    const withSignature = (given: string) => ({
      ...call,
      headers: { ...call.headers, "x-hub-signature-256": given },
    });
    return [
      ["without headers", { ...call, headers: {} }],
      ["with another secret", whatsAppCall(words, `${app_secret}0`)],
      ["with an empty secret", whatsAppCall(words, "")],
      ["with another body", { ...call, body: Buffer.from(`${words} `) }],
      ["with the same JSON in other bytes", { ...call, body: Buffer.from(` ${words}`) }],
      ["with a signature of another kind", withSignature(signature.replace("sha256", "sha1"))],
      ["with a bare signature", withSignature(signature.slice(7))],
      ["with half a signature", withSignature(signature.slice(0, 40))],
      ["with an empty signature", withSignature("")],
      ["with a signature of other digits", withSignature(signature.toUpperCase())],
    ];
  },
  comesIn,
  address: { to: sheena.phone, message_id: wamid },
  refusals: [
    ...(
      [
        [0, "disconnected"],
        [33, "disconnected"],
        [190, "disconnected"],
        [368, "disconnected"],
        [131031, "disconnected"],
        [133010, "disconnected"],
        [3, "configuration"],
        [10, "configuration"],
        [200, "configuration"],
        [299, "configuration"],
        [131005, "configuration"],
        [131037, "configuration"],
        [131042, "configuration"],
        [131045, "configuration"],
        [131048, "configuration"],
        [130472, "recipient"],
        [130497, "recipient"],
        [131021, "recipient"],
        [131026, "recipient"],
        [131030, "recipient"],
        [131047, "recipient"],
        [131049, "recipient"],
        [131050, "recipient"],
        [1, "retry"],
        [2, "retry"],
        [4, "retry"],
        [17, "retry"],
        [80007, "retry"],
        [130429, "retry"],
        [131000, "retry"],
        [131016, "retry"],
        [131057, "retry"],
        [133004, "retry"],
        [2494100, "retry"],
        [100, "refused"],
        [131008, "refused"],
        [131009, "refused"],
        [131051, "refused"],
        [131052, "refused"],
        [131053, "refused"],
        [139999, "refused"],
      ] as const
    ).map(([code, kind]) => ({
      says: String(code),
      plan: (fake: FakeWhatsApp) =>
        fake.refuse("POST number/messages", { code, message: `(#${code}) No` }),
      class: kind,
    })),
    ...(
      [
        ["131026 with status 500", { code: 131026, status: 500 }, "recipient"],
        ["100 with status 503", { code: 100, status: 503 }, "refused"],
        ["3 with status 500", { code: 3, status: 500 }, "configuration"],
        ["368 with status 403", { code: 368, status: 403 }, "disconnected"],
        ["a new code with status 500", { code: 139999, status: 500 }, "retry"],
        ["a new code with status 429", { code: 139999, status: 429 }, "retry"],
        ["status 401 alone", { status: 401 }, "disconnected"],
        ["status 404 alone", { status: 404 }, "refused"],
        ["a code as text", { code: "131026" as unknown as number }, "recipient"],
      ] as const
    ).map(([says, error, kind]) => ({
      says,
      plan: (fake: FakeWhatsApp) => fake.refuse("POST number/messages", error),
      class: kind,
    })),
    {
      says: "131056, which is of this pair and six seconds",
      plan: (fake) => fake.refuse("POST number/messages", { code: 131056 }),
      class: "retry",
      retry_after_ms: 6_000,
    },
    {
      says: "131056 for longer",
      plan: (fake) =>
        fake.refuse("POST number/messages", { code: 131056, headers: { "retry-after": "9" } }),
      class: "retry",
      retry_after_ms: 9_000,
    },
    {
      says: "130429 for 30 seconds",
      plan: (fake) =>
        fake.refuse("POST number/messages", {
          code: 130429,
          status: 429,
          headers: { "retry-after": "30" },
        }),
      class: "retry",
      retry_after_ms: 30_000,
    },
    {
      says: "131053 to a picture",
      plan: (fake) => fake.refuse("POST number/messages", { code: 131053 }),
      piece: picture,
      class: "refused",
    },
  ],
  tell: (fake, words) =>
    fake.refuse("POST number/messages", {
      code: 100,
      message: words,
      error_data: { details: words },
    }),
};
