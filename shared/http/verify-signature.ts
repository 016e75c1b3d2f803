import { ApiError } from "../errors/api-error.ts";
import type { Route } from "./define-route.ts";
import type { ChainMiddleware, ChainStep, Edge } from "./edge.ts";

/** Finds which sender of the platform signed what was read, and refuses what nobody did. */
export function verifySignature({ operationId }: Route, { verify }: Edge): ChainMiddleware {
  if (!verify) throw new Error(`${operationId} is signed and has nothing to verify that with.`);
  let find: ReturnType<typeof verify> | undefined;
  const verifySignatureBefore: ChainStep = async ({ context: { state } }) => {
    find ??= verify();
    state.sender = await find(state.parsed);
    if (state.sender === undefined) {
      throw new ApiError("invalid_signature", "The signature is missing or wrong.");
    }
  };
  return { before: verifySignatureBefore };
}
