import { createPublicKey, verify as isSigned } from "node:crypto";
import type { ChannelAccess, HookRequest, Verifier } from "../adapter.ts";

/** Discord signs with a key of its own for each application; its public half proves a call and is no secret. */
export const verifierOf = ({ credentials }: ChannelAccess<"discord">): Verifier => ({
  public_key: credentials.public_key.toLowerCase(),
});

/** How far the time of a call may be from ours: within it a call that was overheard could be made again. */
const mostSecondsApart = 300;

/** Whether the application's key signed the call, and not long ago. Discord tries wrong ones, and leaves who takes them. */
export function verify(
  { headers, body }: HookRequest,
  { public_key = "" }: Verifier,
  now: number,
): boolean {
  const time = headers["x-signature-timestamp"] ?? "";
  const signature = headers["x-signature-ed25519"] ?? "";
  if (!isKey(public_key) || !/^[\da-f]{128}$/i.test(signature)) return false;
  if (!/^\d{1,12}$/.test(time)) return false;
  if (Math.abs(Math.floor(now / 1_000) - Number(time)) > mostSecondsApart) return false;
  const signed = Buffer.concat([Buffer.from(time), body]);
  return isSigned(null, signed, keyOf(public_key), Buffer.from(signature, "hex"));
}

/** Whether this is written as the public key of an application is. */
export const isKey = (text: string) => /^[\da-f]{64}$/i.test(text);

/** What stands before the 32 bytes of an Ed25519 key in SPKI (RFC 8410). */
const spkiStart = "302a300506032b6570032100";

const keyOf = (public_key: string) =>
  createPublicKey({ key: Buffer.from(spkiStart + public_key, "hex"), format: "der", type: "spki" });
