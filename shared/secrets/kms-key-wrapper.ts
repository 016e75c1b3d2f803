import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { KeyRefusedError, type KeyWrapper } from "./key-wrapper.ts";

// https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors
const refusals = new Set([
  "AccessDeniedException",
  "DisabledException",
  "IncorrectKeyException",
  "InvalidCiphertextException",
  "InvalidKeyUsageException",
  "KMSInvalidStateException",
  "NotFoundException",
]);

/** Wraps the data keys of teams with one KMS key, each with the encryption context `{team}`. */
export function createKmsKeyWrapper(
  kms: KMSClient,
  keyId: string,
  /** For one call with all its repeats. */
  { timeout_ms = 3_000 }: { readonly timeout_ms?: number } = {},
): KeyWrapper {
  const inTime = () => ({ abortSignal: AbortSignal.timeout(timeout_ms) });

  return {
    generate: (teamId) =>
      asked(async () => {
        const { Plaintext, CiphertextBlob } = await kms.send(
          new GenerateDataKeyCommand({
            KeyId: keyId,
            KeySpec: "AES_256",
            EncryptionContext: { team: teamId },
          }),
          inTime(),
        );
        return { plaintext: present(Plaintext), wrapped: present(CiphertextBlob) };
      }),

    unwrap: (teamId, wrapped) =>
      asked(async () => {
        const { Plaintext } = await kms.send(
          new DecryptCommand({
            KeyId: keyId,
            CiphertextBlob: wrapped,
            EncryptionContext: { team: teamId },
          }),
          inTime(),
        );
        return present(Plaintext);
      }),
  };
}

async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && refusals.has(error.name)) {
      throw new KeyRefusedError(`KMS refused: ${error.name}.`, { cause: error });
    }
    throw error;
  }
}

function present(bytes: Uint8Array | undefined): Uint8Array {
  if (!bytes) throw new Error("KMS answered without a key.");
  return bytes;
}
