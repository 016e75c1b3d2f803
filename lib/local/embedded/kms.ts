import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { arnOf } from "./arn.ts";
import { AwsError, validationError } from "./aws-error.ts";
import type { Service } from "./services.ts";
import { type Input, readInteger, readText, readTextMap } from "./wire.ts";

const keyBytes = 32;
const algorithm = "aes-256-gcm";
const version = 1;
const ivBytes = 12;
const tagBytes = 16;
const headBytes = 1 + ivBytes + tagBytes;
const mostBlobBytes = 6_144;

/**
 * KMS with one symmetric key, as far as the product uses it: `GenerateDataKey` and `Decrypt` of its JSON protocol
 * (`X-Amz-Target: TrentService.…`). Every key id and alias means this one key. What it cannot do it refuses.
 */
export function createKeyService(masterKey: Uint8Array): Service {
  const KeyId = arnOf("kms", `key/${idOfKey(masterKey)}`);

  const wrap = (plaintext: Uint8Array, context: Uint8Array) => {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(algorithm, masterKey, iv);
    cipher.setAAD(context);
    const body = [cipher.update(plaintext), cipher.final()];
    return Buffer.concat([Uint8Array.of(version), iv, cipher.getAuthTag(), ...body]);
  };
  const unwrap = (blob: Uint8Array, context: Uint8Array) => {
    if (blob.length <= headBytes || blob[0] !== version) throw invalidCiphertext();
    const iv = blob.subarray(1, 1 + ivBytes);
    const decipher = createDecipheriv(algorithm, masterKey, iv, { authTagLength: tagBytes });
    decipher.setAAD(context);
    decipher.setAuthTag(blob.subarray(1 + ivBytes, headBytes));
    const begin = decipher.update(blob.subarray(headBytes));
    try {
      return Buffer.concat([begin, decipher.final()]);
    } catch {
      throw invalidCiphertext();
    }
  };

  const operations: Readonly<Record<string, Service>> = {
    GenerateDataKey: (_, input) => {
      refuseOthers(input, ["KeyId", "KeySpec", "NumberOfBytes", "EncryptionContext"]);
      keyId(input, { required: true });
      const plaintext = randomBytes(keyLength(input));
      return {
        CiphertextBlob: wrap(plaintext, contextOf(input)).toString("base64"),
        Plaintext: plaintext.toString("base64"),
        KeyId,
      };
    },

    Decrypt: (_, input) => {
      refuseOthers(input, ["CiphertextBlob", "KeyId", "EncryptionContext", "EncryptionAlgorithm"]);
      keyId(input, { required: false });
      const used = readText(input, "EncryptionAlgorithm") ?? "SYMMETRIC_DEFAULT";
      if (used !== "SYMMETRIC_DEFAULT") {
        throw new AwsError("InvalidKeyUsageException", `${used} is not valid for this key.`);
      }
      const plaintext = unwrap(blobOf(input), contextOf(input));
      return { Plaintext: plaintext.toString("base64"), KeyId, EncryptionAlgorithm: used };
    },
  };

  return (name, input) => {
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (!operation) throw new AwsError("UnknownOperationException", "");
    return operation(name, input);
  };
}

/** Derived, so that it tells key files apart and nothing about the key. */
export function idOfKey(masterKey: Uint8Array): string {
  const id = createHash("sha256").update("key id").update(masterKey).digest("hex").slice(0, 32);
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// KMS gives no message with it either.
const invalidCiphertext = () => new AwsError("InvalidCiphertextException", "");

function refuseOthers(input: Input, known: readonly string[]): void {
  for (const field of Object.keys(input)) {
    if (input[field] === undefined || input[field] === null || known.includes(field)) continue;
    const message = `${field} is not supported by the key service on one machine.`;
    throw new AwsError("UnsupportedOperationException", message);
  }
}

function keyId(input: Input, { required }: { readonly required: boolean }): void {
  const id = readText(input, "KeyId");
  if (id === undefined && !required) return;
  if (id === undefined || id.length < 1 || id.length > 2_048) {
    throw validationError("Value at 'keyId' must have a length between 1 and 2048.");
  }
}

function keyLength(input: Input): number {
  const spec = readText(input, "KeySpec");
  const bytes = readInteger(input, "NumberOfBytes");
  if ((spec === undefined) === (bytes === undefined)) {
    throw validationError("Please specify either number of bytes or key spec.");
  }
  if (bytes !== undefined) {
    if (bytes >= 1 && bytes <= 1_024) return bytes;
    throw validationError("Value at 'numberOfBytes' must be between 1 and 1024.");
  }
  if (spec === "AES_256") return 32;
  if (spec === "AES_128") return 16;
  throw validationError("Value at 'keySpec' must be one of AES_256, AES_128.");
}

function blobOf(input: Input): Uint8Array {
  const blob = Buffer.from(readText(input, "CiphertextBlob") ?? "", "base64");
  if (blob.length >= 1 && blob.length <= mostBlobBytes) return blob;
  throw validationError(`Value at 'ciphertextBlob' must have 1 to ${mostBlobBytes} bytes.`);
}

/** The order of the pairs does not matter to KMS, their case does. */
function contextOf(input: Input): Uint8Array {
  const pairs = Object.entries(readTextMap(input, "EncryptionContext") ?? {});
  return Buffer.from(JSON.stringify(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/** Why the key file cannot be used, in words for the person who starts the platform. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
}

/**
 * Reads the master key of one machine, or makes it (mode 600, never over another) when there is neither file nor
 * database yet. Throws `KeyFileError`.
 */
export function openKeyFile(
  path: string,
  { databaseExists }: { readonly databaseExists: boolean },
): Uint8Array {
  const found = readKeyFile(path);
  if (found) return found;
  if (databaseExists) {
    throw new KeyFileError(
      `The key file ${path} is missing, and the secrets in the database cannot be read without it. ` +
        "Put it back from a backup, or start with an empty data folder.",
    );
  }
  return createKeyFile(path);
}

function readKeyFile(path: string): Uint8Array | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new KeyFileError(`The key file ${path} cannot be opened (${codeOf(error)}).`);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new KeyFileError(`${path} should be the key file and is no file.`);
    // Windows has no such bits.
    if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) {
      throw new KeyFileError(
        `Others than its owner may use the key file ${path}. Take that from them: chmod 600 ${path}`,
      );
    }
    if (stat.size !== keyBytes) {
      throw new KeyFileError(
        `The key file ${path} has ${stat.size} bytes instead of ${keyBytes}. ` +
          "Put it back from a backup or, if there is no data yet, delete it.",
      );
    }
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function createKeyFile(path: string): Uint8Array {
  const key = randomBytes(keyBytes);
  // Written whole under another name first: a process killed in between leaves no half of a key.
  const draft = `${path}.${process.pid}.draft`;
  try {
    rmSync(draft, { force: true });
    const file = openSync(draft, "wx", 0o600);
    try {
      writeSync(file, key);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(draft, path);
    keepEntry(dirname(path));
    return key;
  } catch (error) {
    // Made meanwhile by another process: then that is the key.
    const found = codeOf(error) === "EEXIST" ? readKeyFile(path) : undefined;
    if (found) return found;
    throw new KeyFileError(`The key file ${path} cannot be created (${codeOf(error)}).`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A file whose directory was not written is gone after a power loss. */
function keepEntry(directory: string): void {
  if (process.platform === "win32") return;
  const file = openSync(directory, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const codeOf = (error: unknown) =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : "unknown";
