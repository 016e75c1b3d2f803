import type { Handle } from "#shared/http/define-route";
import { servePublic } from "#shared/http/serve-public";
import { asset } from "#shared/runtime/asset";
import { route } from "./route.ts";

export interface OpenapiDeps {
  /** The document as JSON. */
  readonly document: () => Uint8Array;
}

export const handle =
  ({ document }: OpenapiDeps): Handle<typeof route> =>
  async () => ({
    raw: Buffer.from(document()).toString(),
    contentType: "application/json; charset=utf-8",
    headers: { "cache-control": "public, max-age=300" },
  });

export const handler = servePublic(route, () => handle({ document: asset("openapi.json") }));
