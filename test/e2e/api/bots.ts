import { describe, expect, it } from "@jest/globals";
import type { BlackBox } from "#test/support/black-box";
import { make, makeBot, makeWebBot } from "./make.ts";

/** Bots, from making one to deleting it. */
export function bots(box: BlackBox): void {
  describe("a bot", () => {
    it("is made, read, changed, listed and deleted", async () => {
      const name = `Concierge ${crypto.randomUUID()}`;
      const created = await box.call("createBot", { body: { name } });
      const { id } = created.body.data;
      expect(created.status).toBe(201);
      expect(created.headers.get("location")).toBe(`/v1/bots/${id}`);

      const read = await box.call("getBot", { params: { id } });
      expect(read.body).toEqual(created.body);

      const body = { description: "Answers guests", settings: { context_window: 4 } };
      const updated = await box.call("updateBot", { params: { id }, body });
      expect(updated.status).toBe(200);
      expect(updated.body.data).toMatchObject({
        name,
        description: "Answers guests",
        settings: { ...created.body.data.settings, context_window: 4 },
      });

      const listed = await box.call("listBots", { query: { name } });
      expect(listed.body).toEqual({
        data: [updated.body.data],
        meta: { page: 1, per_page: 20, total: 1, total_is_exact: true, next_cursor: null },
      });

      const deleted = await box.call("deleteBot", { params: { id } });
      expect([deleted.status, deleted.body]).toEqual([200, { data: { id, deleted: true } }]);
      expect((await box.call("deleteBot", { params: { id } })).status).toBe(404);
    });

    it("stands in lists page by page, newest first, each once", async () => {
      const prefix = `Paged ${crypto.randomUUID()}`;
      const ids: string[] = [];
      for (const number of [1, 2, 3]) ids.push(await makeBot(box, `${prefix} ${number}`));
      const query = { name: prefix, per_page: 2 };
      const first = await box.call("listBots", { query });
      const { next_cursor } = first.body.meta;
      const second = await box.call("listBots", { query: { ...query, cursor: next_cursor } });
      const seen = [...first.body.data, ...second.body.data].map(({ id }: { id: string }) => id);
      expect(seen).toEqual(ids.toReversed());
      expect(second.body.meta.next_cursor).toBeNull();
    });

    it("hides all that is under it the moment it is deleted", async () => {
      const { bot_id, channel_id } = await makeWebBot(box);
      const integration_id = await make(box, "createIntegration", {
        params: { bot_id },
        body: { name: "Backend", type: "echo" },
      });
      const sent = await box.call("sendMessage", {
        params: { id: channel_id },
        query: { wait: 25 },
        body: { user: { id: "ada" }, content: "Remember this" },
      });
      const { conversation_id } = sent.body.data.message;

      expect((await box.call("deleteBot", { params: { id: bot_id } })).status).toBe(200);

      const asked = await Promise.all([
        box.call("getBot", { params: { id: bot_id } }),
        box.call("getChannel", { params: { id: channel_id } }),
        box.call("getIntegration", { params: { id: integration_id } }),
        box.call("getConversation", { params: { id: conversation_id } }),
        box.call("listMessages", { params: { id: conversation_id } }),
        box.call("listConversations", { params: { bot_id } }),
        box.call("sendMessage", {
          params: { id: channel_id },
          body: { user: { id: "ada" }, content: "Anybody?" },
        }),
      ]);
      expect(asked.map(({ status }) => status)).toEqual(Array(7).fill(404));
    });
  });
}
