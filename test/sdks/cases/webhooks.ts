import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { type Bench, type Case, errorOf, valueOf } from "../bench.ts";
import { before, body, event, other, secret, signedBy } from "./signed.ts";

const unwrap = (headers: object, more: object = {}) => ({
  call: "webhooks.unwrap",
  params: { body, headers, secret, ...more },
});

const refuses = async (bench: Bench, headers: object, more: object = {}) =>
  assert.equal((await errorOf(bench, unwrap(headers, more))).class, "WebhookVerificationError");

export const webhooks: readonly Case[] = [
  {
    title: "gives the event that the platform signed",
    run: async (bench) => assert.deepEqual(await valueOf(bench, unwrap(signedBy(secret))), event),
  },
  {
    title: "takes headers however they are written",
    run: async (bench) => {
      const headers = Object.fromEntries(
        Object.entries(signedBy(secret)).map(([name, value]) => [
          name.replace("webhook", "Webhook").toUpperCase(),
          value,
        ]),
      );
      assert.deepEqual(await valueOf(bench, unwrap(headers)), event);
    },
  },
  {
    title: "takes the secrets of the client, and any of several",
    run: async (bench) => {
      const { secret: _, ...params } = unwrap(signedBy(other)).params as { secret: string };
      for (const webhook_secret of [other, [secret, other]]) {
        assert.deepEqual(
          await valueOf(bench, { call: "webhooks.unwrap", params, client: { webhook_secret } }),
          event,
        );
      }
      assert.deepEqual(
        await valueOf(bench, unwrap(signedBy(other), { secret: [secret, other] })),
        event,
      );
    },
  },
  {
    title: "takes any of several signatures, of a version that it knows",
    run: async (bench) => {
      const headers = signedBy(secret);
      const signature = headers["webhook-signature"];
      const wrong = signedBy(other)["webhook-signature"];
      assert.deepEqual(
        await valueOf(
          bench,
          unwrap({
            ...headers,
            "webhook-signature": `${wrong} v9,abc v1a,${signature.slice(3)} ${signature}`,
          }),
        ),
        event,
      );
      await refuses(bench, { ...headers, "webhook-signature": signature.replace("v1,", "v2,") });
    },
  },
  {
    title: "refuses what was changed or signed by another",
    run: async (bench) => {
      await refuses(bench, signedBy(secret), { body: body.replace("Grüße", "Grueße") });
      await refuses(bench, signedBy(other));
      await refuses(bench, { ...signedBy(secret), "webhook-id": "evt_2" });
      await refuses(bench, {
        ...signedBy(secret, { at: before(2) }),
        "webhook-timestamp": signedBy(secret)["webhook-timestamp"],
      });
      for (const signature of ["", "v1,", "v1,!!!!", "nonsense"]) {
        await refuses(bench, { ...signedBy(secret), "webhook-signature": signature });
      }
    },
  },
  {
    title: "refuses what is more than five minutes old or ahead, or as the caller says",
    run: async (bench) => {
      for (const seconds of [295, -295]) {
        assert.deepEqual(
          await valueOf(bench, unwrap(signedBy(secret, { at: before(seconds) }))),
          event,
        );
      }
      for (const seconds of [305, -305]) {
        await refuses(bench, signedBy(secret, { at: before(seconds) }));
      }
      await refuses(bench, signedBy(secret, { at: before(20) }), { tolerance_seconds: 10 });
      const key = Buffer.from(secret.replace("whsec_", ""), "base64");
      const signature = createHmac("sha256", key).update(`evt_1.now.${body}`).digest("base64");
      await refuses(bench, {
        "webhook-id": "evt_1",
        "webhook-timestamp": "now",
        "webhook-signature": `v1,${signature}`,
      });
    },
  },
  {
    title: "refuses what lacks a header",
    run: async (bench) => {
      for (const name of Object.keys(signedBy(secret))) {
        const headers = Object.fromEntries(
          Object.entries(signedBy(secret)).filter(([one]) => one !== name),
        );
        const error = await errorOf(bench, unwrap(headers));
        assert.equal(error.class, "WebhookVerificationError");
        assert.match(error.message, new RegExp(name));
      }
    },
  },
  {
    title: "gives events of a type that came later",
    run: async (bench) => {
      const later = { ...event, type: "moon.risen" };
      const text = JSON.stringify(later);
      assert.deepEqual(
        await valueOf(bench, unwrap(signedBy(secret, { text }), { body: text })),
        later,
      );
    },
  },
  {
    title: "verifies what is no event",
    run: async (bench) => {
      assert.equal(
        await valueOf(bench, { ...unwrap(signedBy(secret)), call: "webhooks.verify" }),
        null,
      );
      assert.equal(
        (await errorOf(bench, { ...unwrap(signedBy(other)), call: "webhooks.verify" })).class,
        "WebhookVerificationError",
      );
    },
  },
  {
    title: "signs as the library of Standard Webhooks verifies",
    run: async (bench) => {
      const headers = await valueOf(bench, {
        call: "webhooks.sign",
        params: { body, secret: [other, secret] },
      });
      for (const one of [secret, other]) {
        assert.deepEqual(new Webhook(one).verify(body, headers), event);
      }
      const at = before(7);
      const given = { id: "evt_7", timestamp: Math.floor(at.getTime() / 1000) };
      assert.deepEqual(
        await valueOf(bench, { call: "webhooks.sign", params: { body, secret, ...given } }),
        signedBy(secret, { at, id: "evt_7" }),
      );
    },
  },
  {
    title: "verifies what the platform itself sends of every event",
    run: async (bench) => {
      for (const { example } of bench.model.events) {
        const text = JSON.stringify(example);
        assert.deepEqual(
          await valueOf(bench, unwrap(signedBy(secret, { text }), { body: text })),
          example,
        );
      }
    },
  },
];
