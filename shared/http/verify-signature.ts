import { wrongSignature } from "../errors/api-error.ts";
import type { Route, Verify } from "./define-route.ts";
import type { ChainMiddleware, ChainStep } from "./edge.ts";

/** Finds which sender of the platform signed what was read, and refuses what nobody did. */
export function verifySignature<R extends Route, Sender>(
  verify: () => Verify<R, Sender>,
): ChainMiddleware {
  let find: Verify<R, Sender> | undefined;
  const verifySignatureBefore: ChainStep = async ({ context: { state } }) => {
    find ??= verify();
    // Types are erased between the steps: what was read is what the route declares.
    state.sender = await find(state.parsed as unknown as Parameters<typeof find>[0]);
    if (state.sender === undefined) throw wrongSignature();
  };
  return { before: verifySignatureBefore };
}
