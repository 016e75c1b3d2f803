import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { route } from "./route.ts";

export const handle: Handle<typeof route> = async () => {
  throw notFound();
};

export const handler = serve(route, () => handle);
