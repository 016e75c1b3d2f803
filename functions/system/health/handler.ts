import type { Handle } from "#shared/http/define-route";
import { servePublic } from "#shared/http/serve-public";
import { version } from "#shared/runtime/version";
import { route } from "./route.ts";

export const handle: Handle<typeof route> = async () => ({ body: { status: "ok", version } });

export const handler = servePublic(route, () => handle);
