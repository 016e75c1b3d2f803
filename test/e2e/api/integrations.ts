import { describe, expect, it } from "@jest/globals";
import type { BlackBox } from "#test/support/black-box";
import { makeBot } from "./make.ts";

const url = "https://backend.example.com/chat";

/** Integrations, from making one to deleting it. Their backends are never called here. */
export function integrations(box: BlackBox): void {
  describe("an integration", () => {
    it("is made, read, changed, listed and deleted, and shows its secrets never again", async () => {
      const bot_id = await makeBot(box);
      const created = await box.call("createIntegration", {
        params: { bot_id },
        body: { name: "Backend", url, headers: { Authorization: "Bearer abcdefghijkl3kf9" } },
      });
      expect(created.status).toBe(201);
      const { signing_secret, ...shown } = created.body.data;
      const { id } = shown;
      expect(created.headers.get("location")).toBe(`/v1/integrations/${id}`);
      expect(signing_secret).toMatch(/^whsec_/);
      expect(shown.headers).toEqual({ Authorization: "••••3kf9" });

      const read = await box.call("getIntegration", { params: { id } });
      expect(read.body.data).toEqual(shown);

      const updated = await box.call("updateIntegration", {
        params: { id },
        body: { weight: 3, headers: { Authorization: "••••3kf9", "X-Room": "secret of 12" } },
      });
      expect(updated.status).toBe(200);
      expect(updated.body.data).toMatchObject({
        name: "Backend",
        weight: 3,
        headers: { Authorization: "••••3kf9", "X-Room": "••••f 12" },
      });

      const listed = await box.call("listIntegrations", {
        params: { bot_id },
        query: { type: "webhook" },
      });
      expect(listed.body.data).toEqual([updated.body.data]);
      const all = await box.call("listIntegrations", { params: { bot_id } });
      expect(all.body.data.map(({ type }: { type: string }) => type)).toEqual(["webhook", "echo"]);

      const deleted = await box.call("deleteIntegration", { params: { id } });
      expect([deleted.status, deleted.body]).toEqual([200, { data: { id, deleted: true } }]);
      expect((await box.call("getIntegration", { params: { id } })).status).toBe(404);
    });

    it("gets another signing secret when asked", async () => {
      const bot_id = await makeBot(box);
      const made = await box.call("createIntegration", {
        params: { bot_id },
        body: { name: "Backend", url },
      });
      const rotated = await box.call("rotateIntegrationSecret", {
        params: { id: made.body.data.id },
      });
      expect(rotated.status).toBe(200);
      expect(rotated.body.data.signing_secret).toMatch(/^whsec_/);
      expect(rotated.body.data.signing_secret).not.toBe(made.body.data.signing_secret);
    });

    it("is tried out without a conversation", async () => {
      const bot_id = await makeBot(box);
      const echo = await box.call("listIntegrations", { params: { bot_id } });
      const tried = await box.call("testIntegration", {
        params: { id: echo.body.data[0].id },
        body: { message: "Are you there?" },
      });
      expect(tried.status).toBe(200);
      expect(tried.body.data).toMatchObject({ ok: true, content: "Are you there?", error: null });
    });

    it("is refused when its URL is no place for a backend", async () => {
      const bot_id = await makeBot(box);
      const { status, body } = await box.call("createIntegration", {
        params: { bot_id },
        body: { name: "Files", url: "file:///etc/passwd" },
      });
      expect(status).toBe(422);
      expect(body.error.details).toEqual([expect.objectContaining({ path: "body.url" })]);
    });
  });
}
