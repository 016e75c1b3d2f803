import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import type { BlackBox } from "#test/support/black-box";
import {
  answers,
  type BackendRequest,
  type FakeBackend,
  startFakeBackend,
} from "#test/support/fake-backend";
import { eventually, makeWebBot } from "./make.ts";

const since = "2026-01-01T00:00:00Z";
// Nobody has this address: what is sent there fails, at every home of the platform alike.
const nowhere = "https://receiver.example.com/hooks";

/** Endpoints that are told of events: one on this machine where it may be called, else one that nobody answers at. */
export function webhooks(box: BlackBox): void {
  // Not of every event: the suite's schedule comes due when it wants to.
  const open = async (url: string) => {
    const made = await box.call("createWebhookEndpoint", {
      body: { url, events: ["message.received"] },
    });
    expect(made.status).toBe(201);
    return made.body.data;
  };
  const test = async (id: string) =>
    (await box.call("testWebhookEndpoint", { params: { id } })).body.data.id;
  const delivery = (
    id: string,
    isSo: (data: { status: string; attempt_count: number }) => boolean,
  ) =>
    eventually(
      () => box.call("getDelivery", { params: { id }, query: { include: "body" } }),
      ({ body }) => isSo(body.data),
    );

  describe("an endpoint that nobody answers at", () => {
    it("has the attempts written down, and is tried again when that is asked for", async () => {
      const { id } = await open(nowhere);
      const event = await test(id);
      const failed = await delivery(event, ({ attempt_count }) => attempt_count >= 1);
      expect(failed.body.data).toMatchObject({ status: "pending", event_type: "webhook.test" });
      expect(JSON.parse(failed.body.data.body)).toMatchObject({ type: "webhook.test", data: {} });
      const replayed = await box.call("replayDeliveries", { params: { id }, body: { since } });
      expect(replayed.body.data).toEqual({ replayed: 1 });
      const { attempt_count: before } = failed.body.data;
      await delivery(event, ({ attempt_count }) => attempt_count > before);
      const listed = await eventually(
        () => box.call("listDeliveries", { params: { id }, query: { status: "pending" } }),
        ({ body }) => body.data.length === 1,
      );
      expect(listed.body.data).toMatchObject([{ id: event }]);
      expect((await box.call("deleteWebhookEndpoint", { params: { id } })).status).toBe(200);
    });
  });

  if (!box.isNear) return;
  describe("an endpoint", () => {
    let receiver: FakeBackend;
    beforeAll(async () => {
      receiver = await startFakeBackend();
    });
    afterAll(() => receiver.close());

    const verify = (secret: string, { body, headers }: BackendRequest) =>
      // Sent strings are all that a receiver checks.
      new Webhook(secret).verify(body, headers as Record<string, string>);

    it("is told of a message, signed by the old and the new secret after a rotation, and again by a replay", async () => {
      receiver.answer(answers.status(204));
      const { id, secret } = await open(`${receiver.url}/hooks`);
      const rotated = await box.call("rotateWebhookEndpointSecret", { params: { id } });
      const { channel_id } = await makeWebBot(box);
      const sent = await box.call("sendMessage", {
        params: { id: channel_id },
        body: { user: { id: "ada" }, message_id: "m-1", content: "Is anybody told?" },
      });
      const listed = await eventually(
        () => box.call("listDeliveries", { params: { id }, query: { status: "succeeded" } }),
        ({ body }) => body.data.length === 1,
      );
      const [told] = receiver.requests;
      for (const one of [secret, rotated.body.data.secret]) {
        expect(verify(one, told!)).toMatchObject({
          type: "message.received",
          data: { message: { id: sent.body.data.message.id, message_id: "m-1" }, channel_id },
        });
      }
      const replayed = await box.call("replayDeliveries", {
        params: { id },
        body: { since, all: true },
      });
      expect(replayed.body.data).toEqual({ replayed: 1 });
      await delivery(listed.body.data[0].id, ({ attempt_count }) => attempt_count === 2);
      expect(receiver.requests.map(({ headers }) => headers["webhook-id"])).toEqual([
        told!.headers["webhook-id"],
        told!.headers["webhook-id"],
      ]);
      expect((await box.call("deleteWebhookEndpoint", { params: { id } })).status).toBe(200);
    });
  });
}
