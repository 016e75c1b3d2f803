import { chain } from "./chain.ts";
import { everyOrigin } from "./cors.ts";
import type { Handle, PublicAuth, Route } from "./define-route.ts";
import { liveEdge, type OtherEdge } from "./edge.ts";

/** Serves a route that everybody may call: it carries nothing that looks for a key. */
export const servePublic = <R extends Route & { readonly auth: PublicAuth }>(
  route: R,
  make: () => Handle<R>,
  given: OtherEdge = {},
) => chain(route, make, { ...liveEdge, ...given }, { cors: everyOrigin });
