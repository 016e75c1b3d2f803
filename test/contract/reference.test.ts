import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { handle as showPage } from "#functions/system/docs/page/handler";
import type { route as page } from "#functions/system/docs/page/route";
import { handle as loadScript } from "#functions/system/docs/script/handler";
import type { route as script } from "#functions/system/docs/script/route";
import { handle as getDocument } from "#functions/system/openapi/handler";
import type { route as openapi } from "#functions/system/openapi/route";
import { handle as loadSdk } from "#functions/system/sdks/handler";
import { route as sdkRoute } from "#functions/system/sdks/route";
import { type Asset, makeAssets } from "#lib/assets";
import { loadManifest } from "#lib/manifest";
import { languages } from "#lib/sdk/languages";
import type { RequestOf } from "#shared/http/define-route";
import { createMint } from "#shared/runtime/mint";
import type { Json } from "#test/support/json-schema";

const manifest = await loadManifest();
const assets = await makeAssets(manifest);
const asset = (name: string): Asset => assets.find((one) => one.name === name)!;

const request: RequestOf<typeof page> = {
  caller: undefined,
  params: {},
  query: {},
  body: {},
  method: "GET",
  path: "/docs",
  page: { page: 1, per_page: 20 },
  mint: createMint(0),
  deadline: 0,
};

describe("the rendered reference", () => {
  it("lets the browser ask nobody but us", async () => {
    const { raw, headers } = await showPage()(request);
    expect(headers?.["content-security-policy"]).toMatch(/^default-src 'self';/);
    expect(headers?.["content-security-policy"]).not.toMatch(/https?:/);
    expect(String(raw)).not.toMatch(/https?:\/\//);
  });

  it("has a page, a script and a document that find each other below any prefix", async () => {
    const { raw } = await showPage()(request);
    const addresses = [...String(raw).matchAll(/(?:src|data-url)="([^"]+)"/g)].map(
      ([, address]) => new URL(address!, "http://host/prefix/docs").pathname,
    );
    const paths = manifest.routes.map(({ route }) => `/prefix${route.path}`);
    expect(addresses).toEqual(["/prefix/v1/openapi.json", "/prefix/docs/script.js"]);
    expect(paths).toEqual(expect.arrayContaining(addresses));
  });

  it("serves a script that is the renderer with its licences, and once to who keeps it", async () => {
    const load = (headers: RequestOf<typeof script>["headers"]) =>
      loadScript({ script: () => asset("script.js.gz").bytes })({ ...request, headers });
    const { raw, headers } = await load({ "accept-encoding": "gzip", "if-none-match": undefined });
    expect(headers?.["content-encoding"]).toBe("gzip");
    const text = gunzipSync(Buffer.from(raw as Uint8Array)).toString();
    expect(text).toContain("License: https://github.com/scalar/scalar/blob/main/LICENSE");
    expect(text).not.toContain("Function(``)");
    expect(text).not.toContain("sourceMappingURL");
    const again = await load({ "accept-encoding": "gzip", "if-none-match": headers?.["etag"] });
    expect(again).toMatchObject({ status: 304, raw: "" });
  });

  describe("the SDKs", () => {
    const download = (file: string) =>
      loadSdk({ sdk: (name) => assets.find((one) => one.name === `sdk-${name}`)?.bytes })({
        ...request,
        params: { file },
      });

    it.each(languages.map(({ packed }) => packed))("have %s among them, as bytes", async (file) => {
      const { raw, contentType } = await download(file);
      expect(contentType).toBe("application/octet-stream");
      expect((raw as Uint8Array).length).toBeGreaterThan(1000);
    });

    it("are the same bytes however often they are packed", async () => {
      const again = await makeAssets(manifest);
      expect(again.filter(({ folder }) => folder === "system/sdks")).toEqual(
        assets.filter(({ folder }) => folder === "system/sdks"),
      );
    });

    it("are nothing else", async () => {
      await expect(download("cobol.tgz")).rejects.toMatchObject({ code: "not_found" });
      const fits = (file: string) => v.is(sdkRoute.params, { file });
      expect(languages.every(({ packed }) => fits(packed))).toBe(true);
      expect(["../x.tgz", "a/b.tgz", "..", ".env", "", "tgz"].filter(fits)).toEqual([]);
    });
  });

  describe("the document", () => {
    const ask = (headers: RequestOf<typeof openapi>["headers"]) =>
      getDocument({ document: () => asset("openapi.json.gz").bytes })({ ...request, headers });
    const asked = { "accept-encoding": undefined, "if-none-match": undefined };

    it("says where each SDK is", async () => {
      const { raw } = await ask(asked);
      const { info } = JSON.parse(String(raw)) as { info: { description: string } };
      for (const { packed } of languages) expect(info.description).toContain(`/sdks/${packed}`);
    });

    it("has samples whose addresses hold values that fit", async () => {
      const { paths } = JSON.parse(String((await ask(asked)).raw)) as { paths: Json };
      const wrong = Object.entries(paths).flatMap(([path, methods]) =>
        Object.values(Object(methods) as Readonly<Record<string, Json>>).flatMap((operation) => {
          const [curl] = (operation["x-codeSamples"] ?? []) as readonly { source: string }[];
          const parameters = (operation["parameters"] ?? []) as readonly Json[];
          const [, address = ""] = /BASE_URL\/v1([^"?]*)/.exec(curl?.source ?? "") ?? [];
          return address.split("/").flatMap((value, place) => {
            const [, name] = /^\{(\w+)\}$/.exec(path.split("/")[place] ?? "") ?? [];
            const parameter = parameters.find((one) => one["name"] === name);
            const { pattern = "." } = Object(parameter?.["schema"]) as { pattern?: string };
            const fits = name === undefined || new RegExp(pattern).test(decodeURIComponent(value));
            return fits ? [] : [`${String(operation["operationId"])} ${name}: ${value}`];
          });
        }),
      );
      expect(wrong).toEqual([]);
    });

    it("is JSON, and packed for whoever takes that", async () => {
      const plain = await ask(asked);
      expect(plain.contentType).toBe("application/json; charset=utf-8");
      expect(JSON.parse(String(plain.raw))).toHaveProperty("openapi", "3.1.1");
      const packed = await ask({ ...asked, "accept-encoding": "br;q=1, gzip;q=0.8" });
      expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
      expect(gunzipSync(packed.raw as Uint8Array).toString()).toBe(plain.raw);
    });

    it.each(["identity", "gzip;q=0", "gzipped", "br, *;q=0.0"])(
      "is not packed for %s",
      async (encoding) => {
        const { headers } = await ask({ ...asked, "accept-encoding": encoding });
        expect(headers).not.toHaveProperty("content-encoding");
      },
    );

    it("is not sent again to whoever has it", async () => {
      const { headers = {} } = await ask(asked);
      const { etag = "" } = headers;
      expect(etag).toMatch(/^W\/"[\w-]+"$/);
      for (const known of [etag, etag.replace("W/", ""), `"older", ${etag}`, "*"]) {
        const again = await ask({ ...asked, "if-none-match": known });
        expect(again).toMatchObject({ status: 304, raw: "", headers: { etag } });
      }
      const other = await ask({ ...asked, "if-none-match": '"older"' });
      expect(other).not.toHaveProperty("status");
    });
  });

  it("names for each file a function that reads it", () => {
    const folders = manifest.routes.map(({ folder }) => folder);
    for (const { folder } of assets) expect(folders).toContain(folder);
  });
});
