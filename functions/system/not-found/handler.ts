import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { servePublic } from "#shared/http/serve-public";
import { route } from "./route.ts";

/** Where people come who type an address; relative, so that it works below any prefix. */
const reference = new Map([
  ["/", "docs"],
  ["/docs/", "../docs"],
]);

export const handle: Handle<typeof route> = async ({ method, path }) => {
  const redirect = method === "GET" || method === "HEAD" ? reference.get(path) : undefined;
  if (redirect === undefined) throw notFound();
  return { redirect };
};

export const handler = servePublic(route, () => handle);
