import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
import type { Id } from "../runtime/ids.ts";

/** Where a secret stands: sealed for one field, it cannot be opened as another. */
export interface SecretPlace {
  readonly resource_id: string;
  readonly field: string;
}

/** A secret as it is stored. */
export interface Sealed {
  readonly ciphertext: Uint8Array;
  /** What may be shown of it. */
  readonly mask: string;
  /** The number of the team's data key. */
  readonly key: number;
}

/** What was stored is not what this key sealed for this team, resource and field. */
export class UnsealError extends Error {
  override readonly name: string = "UnsealError";
}

/** The team has no data key, so nothing that it sealed can ever be opened: the key goes when the team is deleted. */
export class NoDataKeyError extends UnsealError {
  override readonly name = "NoDataKeyError";
}

const version = 1;
const algorithm = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;
const headBytes = 1 + ivBytes + tagBytes;

/** How many bytes were sealed. */
export const sealedBytes = ({ ciphertext }: Pick<Sealed, "ciphertext">) =>
  ciphertext.length - headBytes;

/** Encrypts for one team, resource and field: version (1 byte) ‖ iv (12) ‖ tag (16) ‖ AES-256-GCM ciphertext. */
export function encrypt(
  key: Uint8Array,
  teamId: Id<"team">,
  place: SecretPlace,
  plaintext: Uint8Array,
): Uint8Array {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, createSecretKey(key), iv, { authTagLength: tagBytes });
  cipher.setAAD(boundTo(teamId, place));
  const body = [cipher.update(plaintext), cipher.final()];
  return Buffer.concat([Uint8Array.of(version), iv, cipher.getAuthTag(), ...body]);
}

/** Opens what `encrypt` made with the same key for the same place; anything else is an `UnsealError`. */
export function decrypt(
  key: Uint8Array,
  teamId: Id<"team">,
  place: SecretPlace,
  ciphertext: Uint8Array,
): Uint8Array {
  if (ciphertext.length < headBytes || ciphertext[0] !== version) {
    throw new UnsealError("The stored secret has an unknown format.");
  }
  const iv = ciphertext.subarray(1, 1 + ivBytes);
  const decipher = createDecipheriv(algorithm, createSecretKey(key), iv, {
    authTagLength: tagBytes,
  });
  decipher.setAAD(boundTo(teamId, place));
  decipher.setAuthTag(ciphertext.subarray(1 + ivBytes, headBytes));
  const begin = decipher.update(ciphertext.subarray(headBytes));
  try {
    return Buffer.concat([begin, decipher.final()]);
  } catch (error) {
    throw new UnsealError("The stored secret was not sealed for this place.", { cause: error });
  }
}

// JSON keeps the parts apart whatever they contain.
const boundTo = (teamId: Id<"team">, { resource_id, field }: SecretPlace) =>
  Buffer.from(JSON.stringify([teamId, resource_id, field]));
