import { WebhookVerificationError } from "./errors.ts";

/** Headers as servers of any kind hold them. */
export type HeadersLike =
  Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A body as it came. */
export type Body = string | Uint8Array;

/** One secret, or several while one is being rotated. */
export type Secrets = string | readonly string[];

/** How what comes is checked. */
export interface VerifyOptions {
  /** Those of the client unless given. */
  readonly secret?: Secrets | undefined;
  /** Seconds that a signature may be old, or ahead: 300 unless given. */
  readonly toleranceSeconds?: number | undefined;
}

const names = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

/** The headers of what is signed. */
export type SignedHeaders = Record<(typeof names)[number], string>;

/**
 * Checks by Standard Webhooks that the platform has sent this body, which is given as it came and not parsed.
 * Throws a `WebhookVerificationError` that says what is wrong.
 */
export async function verify(
  body: Body,
  headers: HeadersLike,
  secrets: Secrets | undefined,
  toleranceSeconds = 300,
): Promise<void> {
  const held: readonly (readonly [string, string | readonly string[] | undefined])[] =
    headers instanceof Headers ? [...headers] : Object.entries(headers);
  const [id, timestamp, signatures] = names.map((name) => {
    const value = [held.find(([one]) => one.toLowerCase() === name)?.[1]].flat().join(" ");
    if (!value) {
      throw new WebhookVerificationError(`The header ${name} is missing.`);
    }
    return value;
  }) as [string, string, string];
  // What is no number is not near, either.
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(age <= toleranceSeconds)) {
    throw new WebhookVerificationError("webhook-timestamp is too far from now.");
  }
  const given = signatures
    .split(" ")
    .filter((one) => one.startsWith("v1,"))
    .map((one) => bytesOf(one.slice(3)));
  const signed = await contentOf(id, timestamp, body);
  for (const one of keysOf(secrets)) {
    const key = await imported(one);
    for (const signature of given) {
      // It compares in constant time.
      if (signature && (await crypto.subtle.verify("HMAC", key, signature, signed))) return;
    }
  }
  throw new WebhookVerificationError(
    "No signature fits: is it the right secret, and the body as it came?",
  );
}

/** How a body of a test is signed. */
export interface SignOptions {
  /** Those of the client unless given. */
  readonly secret?: Secrets | undefined;
  /** Of the event; made anew unless given. */
  readonly id?: string | undefined;
  /** In Unix seconds; now unless given. */
  readonly timestamp?: number | undefined;
}

/** Signs a body as the platform does, for tests of what receives it. */
export async function sign(
  body: Body,
  secrets: Secrets | undefined,
  {
    id = `evt_${crypto.randomUUID()}`,
    timestamp = Math.floor(Date.now() / 1000),
  }: SignOptions = {},
): Promise<SignedHeaders> {
  const signatures = keysOf(secrets).map(async (key) => {
    const bytes = await crypto.subtle.sign(
      "HMAC",
      await imported(key),
      await contentOf(id, String(timestamp), body),
    );
    return `v1,${btoa(String.fromCharCode(...new Uint8Array(bytes)))}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": (await Promise.all(signatures)).join(" "),
  };
}

const contentOf = (id: string, timestamp: string, body: Body) =>
  // A copy is in memory of its own, which is what types of Blob want.
  new Blob([`${id}.${timestamp}.`, body.slice()]).arrayBuffer();

/** The key of each secret. Throws where there is no secret, or what is none. */
export function keysOf(secrets: Secrets | undefined): readonly Uint8Array<ArrayBuffer>[] {
  const list = [secrets ?? []].flat();
  if (list.length === 0) throw new TypeError("There is no secret: set webhookSecret.");
  return list.map((secret) => {
    const key = bytesOf(secret.replace(/^whsec_/, ""));
    if (!key?.length) throw new TypeError("A signing secret is whsec_ and base64.");
    return key;
  });
}

const imported = (key: Uint8Array<ArrayBuffer>) =>
  crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}
