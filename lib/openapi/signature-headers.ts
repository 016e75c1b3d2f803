import type { JsonSchema } from "./json-schema.ts";

/** The headers by which a receiver knows that a call is ours: those of Standard Webhooks, and our name. */
export const signatureHeaders = (id: JsonSchema): readonly JsonSchema[] => [
  { name: "webhook-id", in: "header", required: true, ...id },
  {
    name: "webhook-timestamp",
    in: "header",
    required: true,
    description:
      "When the attempt was made, in Unix seconds. Refuse what is more than five minutes off.",
    schema: { type: "string", pattern: "^[0-9]+$" },
  },
  {
    name: "webhook-signature",
    in: "header",
    required: true,
    description:
      "`v1,` and the base64 HMAC-SHA256 of `{id}.{timestamp}.{body}` under the secret, what follows its `whsec_` decoded from base64; several, parted by blanks, while a secret is being rotated. See standardwebhooks.com.",
    schema: { type: "string" },
  },
  {
    name: "User-Agent",
    in: "header",
    description: "`ChatbotPlatform/1.0`, so that logs say who asked.",
    schema: { type: "string" },
  },
];
