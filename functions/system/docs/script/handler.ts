import type { Handle } from "#shared/http/define-route";
import { packedReply } from "#shared/http/packed-reply";
import { servePublic } from "#shared/http/serve-public";
import { asset } from "#shared/runtime/asset";
import { route } from "./route.ts";

export interface ReferenceScriptDeps {
  /** The script, compressed with gzip. */
  readonly script: () => Uint8Array;
}

export const handle =
  ({ script }: ReferenceScriptDeps): Handle<typeof route> =>
  async ({ headers }) =>
    packedReply(script(), "text/javascript; charset=utf-8", headers, {
      "x-content-type-options": "nosniff",
      // No longer than the page's policy, which fits this script.
      "cache-control": "public, max-age=300",
    });

export const handler = servePublic(route, () => handle({ script: asset("script.js.gz") }));
