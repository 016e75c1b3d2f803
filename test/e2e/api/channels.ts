import { describe, expect, it } from "@jest/globals";
import type { BlackBox } from "#test/support/black-box";
import { makeBot } from "./make.ts";

/** Web channels, from making one to deleting it. */
export function channels(box: BlackBox): void {
  describe("a channel", () => {
    it("is made, read, changed, listed and deleted", async () => {
      const bot_id = await makeBot(box);
      const body = { type: "web", name: "Website" };
      const created = await box.call("createChannel", { params: { bot_id }, body });
      const { id } = created.body.data;
      expect(created.status).toBe(201);
      expect(created.headers.get("location")).toBe(`/v1/channels/${id}`);
      expect(created.body.data).toMatchObject({ bot_id, type: "web", status: "connected" });

      const read = await box.call("getChannel", { params: { id } });
      expect(read.body).toEqual(created.body);

      const updated = await box.call("updateChannel", {
        params: { id },
        body: { name: "Shop", enabled: false },
      });
      expect(updated.body.data).toMatchObject({ id, name: "Shop", enabled: false });

      const listed = await box.call("listChannels", { params: { bot_id }, query: { type: "web" } });
      const { health, setup, ...inLists } = updated.body.data;
      expect([health, setup]).toEqual([null, null]);
      expect(listed.body.data).toEqual([inLists]);

      const deleted = await box.call("deleteChannel", { params: { id } });
      expect([deleted.status, deleted.body]).toEqual([200, { data: { id, deleted: true } }]);
      const gone = await box.call("getChannel", { params: { id } });
      const empty = await box.call("listChannels", { params: { bot_id } });
      expect([gone.status, empty.body.data]).toEqual([404, []]);
    });

    it("keeps messages and answers none while it is not enabled", async () => {
      const bot_id = await makeBot(box);
      const made = await box.call("createChannel", { params: { bot_id }, body: { type: "web" } });
      const params = { id: made.body.data.id };
      await box.call("updateChannel", { params, body: { enabled: false } });
      const { status, body } = await box.call("sendMessage", {
        params,
        query: { wait: 25 },
        body: { user: { id: "ada" }, content: "Anybody?" },
      });
      expect([status, body.data.reply]).toEqual([201, null]);
    });
  });
}
