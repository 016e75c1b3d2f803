import type { Sealed } from "./sealed.ts";

/** Sealed bytes without a mask: nothing of them is ever shown. */
export type SealedBytes = Omit<Sealed, "mask">;

/** Seals what the idempotency record of a route with secrets keeps. */
export interface RecordSecrets {
  seal(teamId: string, plaintext: string): Promise<SealedBytes>;
  open(teamId: string, sealed: SealedBytes): Promise<string>;
}
