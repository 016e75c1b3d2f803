import type { RecordSecrets } from "../secrets/record-secrets.ts";
import { authenticate } from "./authenticate.ts";
import { chain } from "./chain.ts";
import { everyOrigin } from "./cors.ts";
import type { Handle, KeyAuth, Route } from "./define-route.ts";
import { type Edge, liveEdge, type OtherEdge } from "./edge.ts";
import { idempotency } from "./idempotency.ts";

/** Serves a route that is called with a key. It is given what seals kept answers, if its answer holds a secret. */
export function serve<R extends Route & { readonly auth: KeyAuth }>(
  route: R,
  make: () => Handle<R>,
  ...[given]: Given<EdgeOf<R>>
) {
  const edge: Edge = { ...liveEdge, ...given };
  const once = route.method === "POST" ? [idempotency(route, edge)] : [];
  return chain(route, make, edge, {
    before: [authenticate(route.auth.scope, edge), ...once],
    cors: everyOrigin,
  });
}

type EdgeOf<R extends Route> = OtherEdge &
  (R extends { answersSecret: true } ? { readonly secrets: () => RecordSecrets } : unknown);

/** Must be given where the route needs more than every deployment has. */
type Given<E extends OtherEdge> = Partial<Edge> extends E ? [edge?: E] : [edge: E];
