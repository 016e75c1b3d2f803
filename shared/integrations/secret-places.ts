import type { Id } from "../runtime/ids.ts";

/** Where a header's value is bound to, so that a ciphertext cannot be moved to another row or name. */
export const headerPlace = (integrationId: Id<"int">, name: string) => ({
  resource_id: integrationId,
  field: `headers.${name}`,
});

/** Where a signing secret is bound to. */
export const signingSecretPlace = (integrationId: Id<"int">) => ({
  resource_id: integrationId,
  field: "signing_secret",
});
