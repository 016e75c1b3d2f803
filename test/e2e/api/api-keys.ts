import { describe, expect, it } from "@jest/globals";
import type { BlackBox } from "#test/support/black-box";

/** API keys, from making one to deleting it. */
export function apiKeys(box: BlackBox): void {
  describe("an API key", () => {
    it("is made, read, listed, rotated and deleted, and works in between", async () => {
      const statusOf = async (as: string) => (await box.call("getTeam", { as })).status;
      const name = `Deployment ${crypto.randomUUID()}`;
      const created = await box.call("createApiKey", { body: { name } });
      expect(created.status).toBe(201);
      const { key: first, ...made } = created.body.data;
      const params = { id: made.id };
      expect((await box.call("getApiKey", { params })).body.data).toEqual(made);
      const asked = await box.call("getTeam", { as: first });
      expect(asked.body.data.api_key).toMatchObject({ id: made.id, name });
      const listed = await box.call("listApiKeys", { query: { per_page: 100 } });
      expect(listed.body.data).toContainEqual({ ...made, last_used_at: expect.any(String) });

      const rotate = async () => {
        const rotated = await box.call("rotateApiKey", { params, body: { grace_seconds: 600 } });
        return String(rotated.body.data.key);
      };
      const second = await rotate();
      expect([await statusOf(first), await statusOf(second)]).toEqual([200, 200]);
      const third = await rotate();
      const statuses = await Promise.all([first, second, third].map(statusOf));
      expect(statuses).toEqual([401, 200, 200]);

      const deleted = await box.call("deleteApiKey", { params });
      expect(deleted.body).toEqual({ data: { id: made.id, deleted: true } });
      expect([await statusOf(second), await statusOf(third)]).toEqual([401, 401]);
    });
  });
}
