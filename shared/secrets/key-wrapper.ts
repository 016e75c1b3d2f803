import type { Id } from "../runtime/ids.ts";

/**
 * Makes data keys and unwraps them: KMS, or what stands in for it. Throws `KeyRefusedError` when it answered no;
 * whatever else it throws means that it is down.
 */
export interface KeyWrapper {
  /** A new key of 32 bytes, plain and wrapped for this team. */
  generate(teamId: Id<"team">): Promise<{ plaintext: Uint8Array; wrapped: Uint8Array }>;
  unwrap(teamId: Id<"team">, wrapped: Uint8Array): Promise<Uint8Array>;
}

/** The key service was reached and said no: not allowed, key disabled or deleted, wrapped by another or for another. */
export class KeyRefusedError extends Error {
  override readonly name = "KeyRefusedError";
}
