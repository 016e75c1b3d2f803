import type { Id } from "../runtime/ids.ts";
import type { Sealed } from "./sealed.ts";

/** Sealed bytes without a mask: nothing of them is ever shown. */
export type SealedBytes = Omit<Sealed, "mask">;

/** Seals what the idempotency record of a route with secrets keeps. */
export interface RecordSecrets {
  seal(teamId: Id<"team">, plaintext: string): Promise<SealedBytes>;
  open(teamId: Id<"team">, sealed: SealedBytes): Promise<string>;
}
