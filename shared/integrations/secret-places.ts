/** Where a header's value is bound to, so that a ciphertext cannot be moved to another row or name. */
export const headerPlace = (integrationId: string, name: string) => ({
  resource_id: integrationId,
  field: `headers.${name}`,
});

/** Where a signing secret is bound to. */
export const signingSecretPlace = (integrationId: string) => ({
  resource_id: integrationId,
  field: "signing_secret",
});
