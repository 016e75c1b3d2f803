import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

const prefix = "whsec_";

/** Writes 32 random bytes as a signing secret: `whsec_` and base64. */
export function signingSecret(bytes: Uint8Array): string {
  if (bytes.length !== 32) throw new RangeError("A signing secret is made of 32 bytes.");
  return prefix + Buffer.from(bytes).toString("base64");
}

/**
 * Signs what we send, after Standard Webhooks 1.0
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md). The id is the same for
 * every repeat; each of the secrets signs, so that the receiver may change over from one to the other.
 */
export function signatureHeaders({
  id,
  timestamp_seconds,
  body,
  secrets,
}: {
  readonly id: string;
  readonly timestamp_seconds: number;
  readonly body: string | Uint8Array;
  readonly secrets: readonly string[];
}): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> {
  if (secrets.length === 0) throw new RangeError("Without a secret nothing can be signed.");
  const signatures = secrets.map((secret) => {
    const signature = createHmac("sha256", keyOf(secret))
      .update(`${id}.${timestamp_seconds}.`)
      .update(body)
      .digest("base64");
    return `v1,${signature}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp_seconds),
    "webhook-signature": signatures.join(" "),
  };
}

function keyOf(secret: string): KeyObject {
  const key = Buffer.from(secret.slice(prefix.length), "base64");
  if (!secret.startsWith(prefix) || key.length < 24) {
    throw new RangeError("A signing secret is `whsec_` and the base64 of at least 24 bytes.");
  }
  // Given bytes, Node 24 takes three times as long to sign.
  return createSecretKey(key);
}
