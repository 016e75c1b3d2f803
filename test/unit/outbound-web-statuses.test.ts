import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { createWebFetch } from "#shared/outbound/safe-fetch-web";
import { answers, type FakeBackend, startFakeBackend } from "#test/support/fake-backend";

let backend: FakeBackend;
beforeAll(async () => {
  backend = await startFakeBackend();
});
afterAll(() => backend.close());

const webFetch = createWebFetch(createSafeFetch({ allowPrivate: () => true }), {
  timeout_ms: 5_000,
  max_bytes: 1_000,
});

describe("The status of an answer", () => {
  it.each([200, 599])("of %i is passed on", async (status) => {
    backend.answer(answers.status(status));
    expect((await webFetch(backend.url)).status).toBe(status);
  });

  it.each([600, 999])(
    "of %i, which no Response can have, is a failure of the network",
    async (status) => {
      backend.answer(answers.status(status));
      await expect(webFetch(backend.url)).rejects.toMatchObject({
        name: "OutboundError",
        code: "network",
        message: `The answer has the unknown status ${status}.`,
      });
    },
  );
});
