import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { servePublic } from "#shared/http/serve-public";
import { route } from "./route.ts";

export const handle: Handle<typeof route> = async () => {
  throw notFound();
};

export const handler = servePublic(route, () => handle);
