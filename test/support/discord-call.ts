import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import type { BackendRequest } from "./fake-backend.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** A call of the API. */
export interface DiscordCall {
  readonly name: string;
  readonly path: RegExp;
  readonly by: "bot" | "command";
  readonly fields?: readonly string[];
}

/** The calls that there are, with who makes them and the fields that each takes; all else is a mistake of ours. */
export const discordCalls: readonly DiscordCall[] = [
  { name: "GET application", path: /^\/applications\/@me$/, by: "bot" },
  {
    name: "PATCH application",
    path: /^\/applications\/@me$/,
    by: "bot",
    fields: ["interactions_endpoint_url"],
  },
  { name: "GET commands", path: /^\/applications\/(\d+)\/commands$/, by: "bot" },
  {
    name: "POST command",
    path: /^\/applications\/(\d+)\/commands$/,
    by: "bot",
    fields: ["type", "name", "description", "options", "contexts"],
  },
  { name: "DELETE command", path: /^\/applications\/(\d+)\/commands\/(\d+)$/, by: "bot" },
  {
    name: "PATCH original",
    path: /^\/webhooks\/(\d+)\/([^/]+)\/messages\/@original$/,
    by: "command",
    fields: ["content", "allowed_mentions", "flags", "attachments"],
  },
  {
    name: "DELETE original",
    path: /^\/webhooks\/(\d+)\/([^/]+)\/messages\/@original$/,
    by: "command",
  },
  {
    name: "POST follow-up",
    path: /^\/webhooks\/(\d+)\/([^/]+)$/,
    by: "command",
    fields: ["content", "allowed_mentions", "flags", "attachments"],
  },
  {
    name: "POST message",
    path: /^\/channels\/(\d+)\/messages$/,
    by: "bot",
    fields: ["content", "allowed_mentions", "flags", "attachments", "nonce", "enforce_nonce"],
  },
];

/** A file that stood beside the fields of a call. */
export interface SentFile {
  readonly filename: string;
  readonly type: string;
  readonly bytes: string;
}

/** The fields of a call, and the file beside them if it is a form. */
export function bodyOf({ headers, body }: BackendRequest): { fields: Fields; file?: SentFile } {
  const [, boundary] =
    /^multipart\/form-data; boundary=(.+)$/.exec(headers["content-type"] ?? "") ?? [];
  // What stands in a body is looked at where it is used.
  if (boundary === undefined) return { fields: JSON.parse(body || "{}") as Fields };
  const parts = body.split(`--${boundary}`).map((part) => {
    const [head = "", ...rest] = part.split("\r\n\r\n");
    const bytes = rest.join("\r\n\r\n").replace(/\r\n$/, "");
    const of = (pattern: RegExp) => pattern.exec(head)?.[1] ?? "";
    const filename = of(/ filename="([^"]*)"/);
    return { name: of(/ name="([^"]*)"/), filename, type: of(/content-type: (.*)/i), bytes };
  });
  const fields = JSON.parse(parts.find(({ name }) => name === "payload_json")?.bytes ?? "{}");
  const file = parts.find(({ name }) => name === "files[0]");
  return { fields: fields as Fields, ...(file && { file }) };
}

/** A key that is the same in each run, from 32 bytes; the two ends of it are what an application signs with. */
const keyFrom = (seed: string) =>
  createPrivateKey({
    key: Buffer.from(`302e020100300506032b657004220420${seed}`, "hex"),
    format: "der",
    type: "pkcs8",
  });
const ours = keyFrom("42".repeat(32));
export const others = keyFrom("23".repeat(32));

/** The public half of a key, as the portal shows it. */
const publicOf = (key: typeof ours) =>
  createPublicKey(key).export({ format: "der", type: "spki" }).subarray(12).toString("hex");
export const publicKey = publicOf(ours);
export const othersKey = publicOf(others);

/** A call as Discord makes it to a hook. */
export function discordCall(body: string, now: number, key = ours) {
  const time = String(Math.floor(now / 1_000));
  const signature = sign(null, Buffer.from(time + body), key).toString("hex");
  return {
    headers: {
      "content-type": "application/json",
      "x-signature-timestamp": time,
      "x-signature-ed25519": signature,
    },
    body: Buffer.from(body),
  };
}
