import type { Handle } from "#shared/http/define-route";
import { packedReply } from "#shared/http/packed-reply";
import { servePublic } from "#shared/http/serve-public";
import { asset } from "#shared/runtime/asset";
import { route } from "./route.ts";

export interface OpenapiDeps {
  /** The document as JSON, compressed with gzip. */
  readonly document: () => Uint8Array;
}

export const handle =
  ({ document }: OpenapiDeps): Handle<typeof route> =>
  async ({ headers }) =>
    packedReply(document(), "application/json; charset=utf-8", headers, {
      "cache-control": "public, max-age=300",
    });

export const handler = servePublic(route, () => handle({ document: asset("openapi.json.gz") }));
