import type { Handle } from "#shared/http/define-route";
import { servePublic } from "#shared/http/serve-public";
import { asset } from "#shared/runtime/asset";
import { route } from "./route.ts";

export interface ReferenceScriptDeps {
  /** The script, compressed with gzip. */
  readonly script: () => Uint8Array;
}

export const handle =
  ({ script }: ReferenceScriptDeps): Handle<typeof route> =>
  async () => ({
    raw: script(),
    contentType: "text/javascript; charset=utf-8",
    headers: {
      // Always: every browser takes gzip, and only browsers run this script.
      "content-encoding": "gzip",
      "x-content-type-options": "nosniff",
      "cache-control": "public, max-age=86400",
    },
  });

export const handler = servePublic(route, () => handle({ script: asset("redoc.js.gz") }));
