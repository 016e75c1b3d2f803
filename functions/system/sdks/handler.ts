import { ApiError, notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { servePublic } from "#shared/http/serve-public";
import { assetIfAny, notMade } from "#shared/runtime/asset";
import { route } from "./route.ts";

export interface SdkDeps {
  /** A packed SDK by its file's name: empty where it could not be made, undefined where there is none of this name. */
  readonly sdk: (file: string) => Uint8Array | undefined;
}

export const handle =
  ({ sdk }: SdkDeps): Handle<typeof route> =>
  async ({ params: { file } }) => {
    const raw = sdk(file);
    if (!raw) throw notFound();
    if (raw.length === 0) throw new ApiError("not_found", `This SDK ${notMade}`);
    return {
      raw,
      contentType: "application/octet-stream",
      headers: {
        "x-content-type-options": "nosniff",
        // It changes with the server.
        "cache-control": "public, max-age=300",
      },
    };
  };

export const handler = servePublic(route, () =>
  handle({ sdk: (file) => assetIfAny(`sdk-${file}`) }),
);
