import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { version } from "#shared/runtime/version";
import { route } from "./route.ts";

export const handle: Handle<typeof route> = async () => ({ body: { status: "ok", version } });

export const handler = serve(route, () => handle);
