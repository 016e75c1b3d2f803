import { describe, expect, it } from "@jest/globals";
import type { BlackBox } from "#test/support/black-box";
import { makeBot } from "./make.ts";

/** What holds for every request with a key. */
export function requests(box: BlackBox): void {
  describe("a request", () => {
    it("tells the team of its key, what its plan allows and what the key may", async () => {
      const { status, body } = await box.call("getTeam");
      expect(status).toBe(200);
      expect(body.data).toMatchObject({
        id: expect.stringMatching(/^team_/),
        plan: "enterprise",
        scopes: expect.arrayContaining(["admin"]),
      });
      const other = await box.call("getTeam", { as: box.keys.other });
      expect(other.body.data.id).not.toBe(body.data.id);
    });

    it("is counted, and told how many are left until when", async () => {
      const before = Math.floor(box.clock() / 1000);
      const first = await box.call("getTeam");
      const second = await box.call("getTeam");
      const read = ({ headers }: typeof first) =>
        ["limit", "remaining", "reset"].map((name) => Number(headers.get(`x-ratelimit-${name}`)));
      const [limit, remaining = 0, reset = 0] = read(first);
      expect(limit).toBe(1000);
      expect(reset % 60).toBe(0);
      expect(reset).toBeGreaterThan(before);
      expect(reset).toBeLessThanOrEqual(Math.floor(box.clock() / 1000) + 61);
      const [, remainingNext = 0, resetNext] = read(second);
      // In the next window counting begins anew.
      expect(remainingNext).toBe(resetNext === reset ? remaining - 1 : 999);
    });

    it("has an id of its own", async () => {
      const ids = await Promise.all(
        [1, 2, 3].map(async () => (await box.call("getTeam")).headers.get("x-request-id")),
      );
      expect(new Set(ids).size).toBe(3);
      expect(ids).not.toContain(null);
    });

    it.each([
      ["no key", null, {}, "missing_api_key"],
      ["what is no key", "sk_live_nonsense", {}, "invalid_api_key"],
      ["another scheme", null, { authorization: "Basic YTpi" }, "invalid_api_key"],
    ])("is refused with %s", async (_, as, headers, code) => {
      const answer = await box.call("listBots", { as, headers });
      expect(answer).toBeRefused(401, code);
    });

    it.each([
      ["is not JSON", '{"name":', 400, "bad_request"],
      ["is not there", "", 400, "bad_request"],
      ["is another thing than an object", "[]", 422, "validation_error"],
      ["is too large", JSON.stringify({ name: "a".repeat(256 * 1024) }), 413, "payload_too_large"],
    ])("is refused when its body %s", async (_, rawBody, expected, code) => {
      const answer = await box.call("createBot", { rawBody });
      expect(answer).toBeRefused(expected, code);
    });

    it("is refused when its body is of another type", async () => {
      const headers = { "content-type": "text/plain" };
      const { status, body } = await box.call("createBot", { rawBody: "name=Bot", headers });
      expect({ status, body }).toBeRefused(415, "unsupported_media_type");
    });

    it("is told each wrong field with its path", async () => {
      const { status, body } = await box.call("createBot", {
        body: { settings: { context_window: 0 }, nme: "Bot" },
      });
      expect({ status, body }).toBeRefused(422, "validation_error");
      const paths = body.error.details.map(({ path }: { path: string }) => path);
      expect(paths.sort()).toEqual(["body.name", "body.nme", "body.settings.context_window"]);
    });

    it("is told of a query parameter that there is not", async () => {
      const { status, body } = await box.call("listBots", { query: { sttus: "active" } });
      expect(status).toBe(422);
      expect(body.error.details).toEqual([expect.objectContaining({ path: "query.sttus" })]);
    });

    it("reads text of every script and gives it back as it was", async () => {
      const name = "Zoë 👩🏽‍🚀 北京 العربية";
      const { body } = await box.call("createBot", { body: { name } });
      const read = await box.call("getBot", { params: { id: body.data.id } });
      expect(read.body.data.name).toBe(name);
    });
  });

  describe("another team", () => {
    it("is told of nothing that is not its own, as if it were not there", async () => {
      const id = await makeBot(box);
      const as = box.keys.other;
      const asked = await Promise.all([
        box.call("getBot", { params: { id }, as }),
        box.call("updateBot", { params: { id }, as, body: { name: "Mine" } }),
        box.call("deleteBot", { params: { id }, as }),
        box.call("listChannels", { params: { bot_id: id }, as }),
        box.call("getBot", { params: { id: `bot_${"0".repeat(26)}` }, as }),
      ]);
      const said = asked.map(({ status, body: { error } }) => [status, error.code, error.message]);
      const [unknown] = said.slice(-1);
      expect(unknown?.slice(0, 2)).toEqual([404, "not_found"]);
      expect(said).toEqual(Array(5).fill(unknown));
      expect((await box.call("getBot", { params: { id } })).status).toBe(200);
    });
  });

  describe("an Idempotency-Key", () => {
    const newKey = () => ({ "idempotency-key": `e2e ${crypto.randomUUID()}` });

    it("makes one bot of a request that is sent twice", async () => {
      const headers = newKey();
      const send = () => box.call("createBot", { headers, body: { name: "Once" } });
      const [first, again] = [await send(), await send()];
      expect([first.status, again.status]).toEqual([201, 201]);
      expect(again.body).toEqual(first.body);
      expect(again.headers.get("location")).toBe(first.headers.get("location"));
      expect(first.headers.get("idempotent-replayed")).toBeNull();
      expect(again.headers.get("idempotent-replayed")).toBe("true");
    });

    it("makes one bot of a request that is sent ten times at once", async () => {
      const headers = newKey();
      const body = { name: `Race ${headers["idempotency-key"]}` };
      const sent = await Promise.all(
        Array.from({ length: 10 }, () => box.call("createBot", { headers, body })),
      );
      for (const { status } of sent) expect([201, 409]).toContain(status);
      const made = await box.call("listBots", { query: { name: body.name } });
      expect(made.body.meta.total).toBe(1);
    });

    it("shows a secret again to who asked first", async () => {
      const [bot_id, headers] = [await makeBot(box), newKey()];
      const body = { name: "Backend", url: "https://backend.example.com/chat" };
      const send = () => box.call("createIntegration", { params: { bot_id }, headers, body });
      const [first, again] = [await send(), await send()];
      expect(again.body.data.signing_secret).toMatch(/^whsec_/);
      expect(again.body).toEqual(first.body);
    });

    it("is refused for another request", async () => {
      const headers = newKey();
      await box.call("createBot", { headers, body: { name: "One" } });
      const answer = await box.call("createBot", { headers, body: { name: "Two" } });
      expect(answer).toBeRefused(422, "idempotency_key_reused");
    });
  });
}
