import { chain } from "./chain.ts";
import type { Handle, Route, SignedAuth, Verify } from "./define-route.ts";
import { liveEdge, type OtherEdge } from "./edge.ts";
import { verifySignature } from "./verify-signature.ts";

/**
 * Serves a route whose requests a platform signs: `verify`, made at the first request, finds the sender. It carries nothing
 * that looks for a key.
 */
export const serveSigned = <R extends Route & { readonly auth: SignedAuth }, Sender>(
  route: R,
  make: () => Handle<R, Sender>,
  { verify, ...given }: OtherEdge & { readonly verify: () => Verify<R, Sender> },
) =>
  // The signature covers the body, which is read before.
  chain(route, make, { ...liveEdge, ...given }, { after: [verifySignature(verify)] });
