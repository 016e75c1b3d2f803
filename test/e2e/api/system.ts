import { describe, expect, it } from "@jest/globals";
import type { BlackBox } from "#test/support/black-box";

/** What everybody may ask, without a key. */
export function system(box: BlackBox): void {
  describe("without a key", () => {
    it("says that it is well, and which version it is", async () => {
      const { status, headers, body } = await box.call("getHealth", { as: null });
      expect(status).toBe(200);
      expect(body).toEqual({ data: { status: "ok", version: expect.stringMatching(/^\d+\.\d/) } });
      expect(headers.get("x-request-id")).toEqual(expect.any(String));
    });

    it("serves its own reference as OpenAPI 3.1, of the same version", async () => {
      const { body } = await box.call("getOpenapiDocument", { as: null });
      const health = await box.call("getHealth", { as: null });
      expect(body.openapi).toMatch(/^3\.1/);
      expect(body.info.version).toBe(health.body.data.version);
      expect(Object.keys(body.paths)).toContain("/bots");
    });

    it("packs the reference, and does not send it again to whoever has it", async () => {
      const send = (headers: Record<string, string>) =>
        fetch(`${box.url}/v1/openapi.json`, { headers });
      const packed = await send({ "accept-encoding": "gzip" });
      expect(packed.headers.get("content-encoding")).toBe("gzip");
      const { paths } = (await packed.json()) as { readonly paths: object };
      expect(Object.keys(paths)).toContain("/bots");
      const again = await send({ "if-none-match": packed.headers.get("etag") ?? "" });
      expect([again.status, await again.text()]).toEqual([304, ""]);
    });

    it.each(["/", "/docs/", "/?utm_source=mail"])(
      "leads from %s to the reference",
      async (path) => {
        for (const method of ["GET", "HEAD"]) {
          const response = await fetch(`${box.url}${path}`, { method, redirect: "manual" });
          const { status, headers } = response;
          expect(status).toBe(302);
          expect(new URL(headers.get("location") ?? "", response.url).href).toBe(`${box.url}/docs`);
        }
      },
    );

    it("shows the reference as a page whose script it serves itself, compressed", async () => {
      // With what others add to links.
      const page = await box.ask("GET", "/docs?utm_source=mail", { as: null });
      expect([page.status, page.headers.get("content-type")]).toEqual([
        200,
        expect.stringMatching(/^text\/html/),
      ]);
      const [, source = ""] = /<script src="([^"]+)"/.exec(page.text) ?? [];
      const address = new URL(source, `${box.url}/docs`).href;
      expect(address).toBe(`${box.url}/docs/script.js`);
      const script = await box.ask("GET", "/docs/script.js", { as: null });
      expect(script.status).toBe(200);
      expect(script.headers.get("content-type")).toMatch(/javascript/);
      expect(script.text).toContain("@scalar/api-reference");
    });

    it.each([
      ["typescript.tgz", [0x1f, 0x8b]],
      ["go.zip", [0x50, 0x4b]],
      // The first file in it is metadata.gz.
      ["ruby.gem", [0x6d, 0x65]],
    ])("serves the SDK %s whole, and none that there is not", async (file, begins) => {
      const sdk = await fetch(`${box.url}/sdks/${file}`);
      const bytes = new Uint8Array(await sdk.arrayBuffer());
      expect([sdk.status, Array.from(bytes.slice(0, 2))]).toEqual([200, begins]);
      expect(bytes.length).toBeGreaterThan(20_000);
      const { status } = await box.ask("GET", `/sdks/none-${file}`, { as: null });
      expect(status).toBe(404);
    });

    it("knows no hook of a channel that is not there", async () => {
      for (const hook of [
        "receiveTelegramUpdate",
        "receiveSlackEvent",
        "receiveDiscordInteraction",
        "receiveWhatsAppCall",
      ]) {
        const { status } = await box.call(hook, {
          as: null,
          params: { channel_id: "ch_01jd7zq3c8e9v5r2k4m6n8p0ab" },
          rawBody: "{}",
        });
        expect([hook, status]).toEqual([hook, 404]);
      }
    });

    it("has no file for a URL that it did not sign", async () => {
      const id = (prefix: string) => `${prefix}_01jd7zq3c8e9v5r2k4m6n8p0ab`;
      const { status, body } = await box.call("getFile", {
        as: null,
        params: { id: id("file") },
        query: {
          team: id("team"),
          conversation: id("conv"),
          number: 1,
          expires: 9_999_999_999,
          signature: "none",
        },
      });
      expect([status, body.error.code]).toEqual([404, "not_found"]);
    });

    it.each([
      ["POST", "/"],
      ["GET", "/v1"],
      ["GET", "/v1/nowhere"],
      ["POST", "/v1/health"],
      ["PUT", "/v1/bots"],
      ["DELETE", "/v1/team"],
    ])("answers its own 404 to %s %s, with and without a key", async (method, path) => {
      for (const as of [null, box.keys.first]) {
        const { status, headers, body } = await box.ask(method, path, { as });
        expect(status).toBe(404);
        expect(body).toEqual({
          error: {
            code: "not_found",
            message: expect.any(String),
            request_id: headers.get("x-request-id"),
          },
        });
      }
    });
  });
}
