import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { type FakeBackend, startFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();
let backend: FakeBackend;
beforeAll(async () => {
  backend = await startFakeBackend();
});
afterAll(async () => {
  await backend.close();
});

describe("A worker that loses its lease while a backend thinks", () => {
  it("hangs up within a third of the lease, and blames nobody", async () => {
    const chat = await openWebChat(platform, { backend_url: backend.url });
    const hungUp = new Promise<void>((resolve) => {
      backend.answer(async (_, response) => {
        await once(response, "close");
        resolve();
      });
    });
    const { body } = await chat.say("Hello!");
    const id: Id<"conv"> = body.data.message.conversation_id;
    await backend.received(1);

    await withLog(async () => {
      const work = keys.conversationWork(chat.team.id, id);
      await platform.table.update(work, { set: { lease_token: "another's" } });
      // The lease lasts five seconds.
      platform.advance(1_667);
      await hungUp;
      await platform.settle();
    });
    const ask = async (operation: string, params: Record<string, string>) =>
      (await platform.call(operation, { as: chat.key, params })).body.data;
    expect(await ask("listMessages", { id })).toHaveLength(1);
    for (const { last_error } of await ask("listIntegrations", { bot_id: chat.bot_id })) {
      expect(last_error).toBeNull();
    }
  });
});
