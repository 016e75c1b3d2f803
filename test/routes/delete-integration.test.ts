import { describe, expect, it } from "@jest/globals";
import { startFakeBackend } from "#test/support/fake-backend";
import { created, createdWebhook } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { rowsLeftOf } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();

/** A webhook of a new bot. */
async function aWebhook(as: string): Promise<string> {
  const headers = { Authorization: "Bearer 8f14e45fceea3kf9" };
  return (await createdWebhook(platform, as, { headers })).id;
}

const remove = (as: string, id: string) =>
  platform.call("deleteIntegration", { as, params: { id } });

const ofBot = async (as: string, bot_id: string) =>
  (await platform.call("listIntegrations", { as, params: { bot_id } })).body.data;

describe("DELETE /v1/integrations/{id}", () => {
  itRefuses("deleteIntegration", platform, async (as) => ({
    as,
    params: { id: await aWebhook(as) },
  }));

  it("says what it deleted, and answers 404 the second time", async () => {
    const { key } = await platform.team();
    const id = await aWebhook(key);
    const { status, body } = await remove(key, id);
    expect([status, body]).toEqual([200, { data: { id, deleted: true } }]);
    expect((await remove(key, id)).status).toBe(404);
    for (const operation of ["getIntegration", "testIntegration", "rotateIntegrationSecret"]) {
      expect((await platform.call(operation, { as: key, params: { id } })).status).toBe(404);
    }
    const patch = { as: key, params: { id }, body: { name: "New" } };
    expect((await platform.call("updateIntegration", patch)).status).toBe(404);
  });

  it("leaves nothing of it in the table", async () => {
    const { id: team, key } = await platform.team();
    const id = await aWebhook(key);
    await platform.call("rotateIntegrationSecret", { as: key, params: { id } });
    expect(await rowsLeftOf(id)).toHaveLength(2);
    await remove(key, id);
    for (const text of [id, "backend.example.com", "••••3kf9"]) {
      expect(await rowsLeftOf(text, team)).toEqual([]);
    }
  });

  it("is done once when it is asked for many times at once", async () => {
    const { key } = await platform.team();
    const id = await aWebhook(key);
    const answers = await Promise.all(Array.from({ length: 5 }, () => remove(key, id)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted((one, other) => one - other)).toEqual([200, 404, 404, 404, 404]);
  });

  it("does not come back through a change or a rotation that is made at the same moment", async () => {
    for (let round = 0; round < 5; round++) {
      const { id: team, key } = await platform.team();
      const id = await aWebhook(key);
      const params = { id };
      const [gone] = await Promise.all([
        remove(key, id),
        platform.call("updateIntegration", { as: key, params, body: { name: "New" } }),
        platform.call("rotateIntegrationSecret", { as: key, params }),
      ]);
      expect(gone.status).toBe(200);
      expect(await rowsLeftOf(id, team)).toEqual([]);
    }
  });

  it("deletes the echo that a bot was born with like any other", async () => {
    const { key } = await platform.team();
    const bot_id = await created(platform, "createBot", { as: key, body: { name: "Concierge" } });
    const [echo] = await ofBot(key, bot_id);
    expect((await remove(key, echo.id)).status).toBe(200);
    expect(await ofBot(key, bot_id)).toEqual([]);
  });

  it("holds from the next message on", async () => {
    const backend = await startFakeBackend();
    try {
      const chat = await openWebChat(platform, { backend_url: backend.url });
      await chat.talk("To the backend");
      const all = await ofBot(chat.key, chat.bot_id);
      const webhook = all.find(({ type }: { type: string }) => type === "webhook");
      await remove(chat.key, webhook.id);
      const id = await chat.talk("To the echo");
      expect(backend.requests).toHaveLength(1);
      const { body } = await platform.call("listMessages", { as: chat.key, params: { id } });
      expect(body.data.at(-1)).toMatchObject({ role: "assistant", content: "To the echo" });
      expect(body.data[1].integration_id).toBe(webhook.id);
    } finally {
      await backend.close();
    }
  });
});
