import { createPublicKey, verify as isSigned } from "node:crypto";
import type { ChannelAccess, HookRequest, Verifier } from "../adapter.ts";
import { isRecent } from "../proofs.ts";

/** Discord signs with a key of its own for each application; its public half proves a call and is no secret. */
export const verifierOf = ({ credentials }: ChannelAccess<"discord">): Verifier => ({
  public_key: credentials.public_key.toLowerCase(),
});

/** Whether the application's key signed the call, and not long ago. Discord tries wrong ones, and leaves who takes them. */
export function verify(
  { headers, body }: HookRequest,
  { public_key = "" }: Verifier,
  now: number,
): boolean {
  const time = headers["x-signature-timestamp"] ?? "";
  const signature = headers["x-signature-ed25519"] ?? "";
  if (!isKey(public_key) || !/^[\da-f]{128}$/i.test(signature)) return false;
  if (!isRecent(time, now)) return false;
  const signed = Buffer.concat([Buffer.from(time), body]);
  return isSigned(null, signed, keyOf(public_key), Buffer.from(signature, "hex"));
}

/** Whether this is written as the public key of an application is. */
export const isKey = (text: string) => /^[\da-f]{64}$/i.test(text);

/** What stands before the 32 bytes of an Ed25519 key in SPKI (RFC 8410). */
const spkiStart = "302a300506032b6570032100";

const keyOf = (public_key: string) =>
  createPublicKey({ key: Buffer.from(spkiStart + public_key, "hex"), format: "der", type: "spki" });
