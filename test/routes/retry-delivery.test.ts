import { describe, expect, it } from "@jest/globals";
import { handle } from "#functions/deliveries/retry/handler";
import { route } from "#functions/deliveries/retry/route";
import { createDeliveryStore, type DeliveryStore } from "#shared/deliveries/delivery-store";
import { serve } from "#shared/http/serve";
import { liveWork } from "#shared/work/live-work";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { aDelivery, aWebhookEndpoint } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { callServed, usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const receiver = useFakeBackend();

describe("POST /v1/deliveries/{id}/retry", () => {
  itRefuses("retryDelivery", platform, async (as) => {
    receiver.answer(answers.status(500));
    return { as, params: { id: await aDelivery(platform, as, receiver.url) } };
  });

  it("tries at once what waits for its next attempt", async () => {
    const { key } = await platform.team();
    receiver.answer(answers.status(500));
    const id = await aDelivery(platform, key, receiver.url);
    receiver.answer(answers.status(200));
    const { body } = await platform.call("retryDelivery", { as: key, params: { id } });
    expect(body.data.status).toBe("pending");
    await platform.settle();
    const read = await platform.call("getDelivery", { as: key, params: { id } });
    expect(read.body.data).toMatchObject({ status: "succeeded", attempt_count: 2 });
  });

  it("tries at once though the answer to its own write is lost", async () => {
    const { key } = await platform.team();
    receiver.answer(answers.status(410));
    const id = await aDelivery(platform, key, receiver.url);
    const before = receiver.requests.length;
    let lost = false;
    platform.faults = ({ operation, input }) => {
      if (lost || operation !== "UpdateItem" || !JSON.stringify(input).includes("retry_id")) {
        return undefined;
      }
      lost = true;
      return { kind: "answer_lost" };
    };
    await platform.call("retryDelivery", { as: key, params: { id } });
    await platform.settle();
    expect(lost).toBe(true);
    expect(receiver.requests).toHaveLength(before + 1);
  });

  it("shows the newest 30 attempts, however often it is asked for another", async () => {
    const { key } = await platform.team();
    receiver.answer(answers.status(500));
    const id = await aDelivery(platform, key, receiver.url);
    for (let retry = 1; retry <= 31; retry++) {
      await platform.call("retryDelivery", { as: key, params: { id } });
      platform.advance(1_000);
      await platform.settle();
    }
    const { body } = await platform.call("getDelivery", { as: key, params: { id } });
    expect(body.data).toMatchObject({ status: "failed", attempt_count: 32 });
    expect(body.data.attempts).toHaveLength(30);
    expect(Date.parse(body.data.attempts.at(-1).at)).toBe(platform.clock());
  });

  describe("during an attempt", () => {
    /** Asks for another attempt, twice, while one is at the receiver, which then answers so; the next succeeds. */
    const retryDuring = async (status: number, attempts = 1) => {
      const { key } = await platform.team();
      receiver.answer(answers.status(500));
      const id = await aDelivery(platform, key, receiver.url);
      const retry = () => platform.call("retryDelivery", { as: key, params: { id } });
      for (let attempt = 1; attempt < attempts; attempt++) {
        await retry();
        await platform.settle();
      }
      const before = receiver.requests.length;
      const asked: number[] = [];
      receiver.answer(async (...given) => {
        for (let count = 0; count < 2; count++) asked.push((await retry()).status);
        await answers.status(status)(...given);
      }, answers.status(200));
      await retry();
      await platform.settle();
      const { body } = await platform.call("getDelivery", { as: key, params: { id } });
      return { asked, delivery: body.data, sent: receiver.requests.length - before };
    };

    it.each([500, 410])("is another attempt at once when that fails with %i", async (status) => {
      const { asked, delivery, sent } = await retryDuring(status);
      expect([asked, sent]).toEqual([[200, 200], 2]);
      expect(delivery).toMatchObject({ status: "succeeded", attempt_count: 3 });
    });

    it("is another attempt also when that was the last", async () => {
      const { delivery, sent } = await retryDuring(500, 10);
      expect(sent).toBe(2);
      expect(delivery).toMatchObject({ status: "succeeded", attempt_count: 12 });
    });

    it("is none when that succeeds", async () => {
      const { delivery, sent } = await retryDuring(200);
      expect(sent).toBe(1);
      expect(delivery).toMatchObject({ status: "succeeded", attempt_count: 2 });
    });
  });

  describe("while others change the delivery", () => {
    /** Retries through a store in which so many others are faster. */
    const retryBehind = async (others: number) => {
      const { key: as } = await platform.team();
      receiver.answer(answers.status(500));
      const id = await aDelivery(platform, as, receiver.url);
      const work = liveWork();
      const store = createDeliveryStore(work.table, work.clock);
      let faster = others;
      const deliveries: DeliveryStore = {
        ...store,
        rearm: async (...given) => (faster-- > 0 ? undefined : store.rearm(...given)),
      };
      const served = serve(route, () =>
        handle({ ...work, deliveries, checkReceiver: async () => {} }),
      );
      return callServed(route, served, { as, params: { id } });
    };

    it("retries it once they have done", async () => {
      const { status, body } = await retryBehind(19);
      expect([status, body.data.status]).toEqual([200, "pending"]);
    });

    it("asks to repeat the request when they do not end", async () => {
      const { result } = await withLog(() => retryBehind(Infinity));
      expect(result).toBeRefused(503, "service_unavailable");
      expect(result.body.error.message).toBe(
        "The delivery is being changed by others. Nothing was done: repeat this.",
      );
      expect(result.headers["retry-after"]).toBe("1");
    });
  });

  describe("to an endpoint", () => {
    /** A delivery whose first attempt has failed. */
    const tested = async () => {
      const { key: as } = await platform.team();
      receiver.answer(answers.status(500), answers.status(204));
      const { id } = await aWebhookEndpoint(platform, as, { url: receiver.url });
      const request = { as, params: { id } };
      const { body } = await platform.call("testWebhookEndpoint", request);
      await platform.settle();
      const params = { id: body.data.id };
      return {
        request,
        retry: () => platform.call("retryDelivery", { as, params }),
        shown: async () => (await platform.call("getDelivery", { as, params })).body.data,
      };
    };

    it("tries it at once", async () => {
      const { retry, shown } = await tested();
      await retry();
      await platform.settle();
      expect(await shown()).toMatchObject({ status: "succeeded", attempt_count: 2 });
    });

    it("refuses while that is disabled, and tries it when it is active again", async () => {
      const { request, retry, shown } = await tested();
      const set = (status: string) =>
        platform.call("updateWebhookEndpoint", { ...request, body: { status } });
      await set("disabled");
      const refused = await retry();
      expect(refused).toBeRefused(409, "conflict");
      expect(refused.body.error.message).toContain("set its status to active");
      await set("active");
      await retry();
      await platform.settle();
      expect(await shown()).toMatchObject({ status: "succeeded" });
    });

    it("refuses when that was deleted, and says so", async () => {
      const { request, retry } = await tested();
      await platform.call("deleteWebhookEndpoint", request);
      const refused = await retry();
      expect(refused).toBeRefused(409, "conflict");
      expect(refused.body.error.message).toContain("was deleted");
    });
  });

  it("refuses one that has succeeded", async () => {
    const { key } = await platform.team();
    receiver.answer(answers.status(200));
    const id = await aDelivery(platform, key, receiver.url);
    expect((await platform.call("retryDelivery", { as: key, params: { id } })).status).toBe(409);
  });
});
