import { createHmac } from "node:crypto";
import type { ChannelAccess, HookRequest, Verifier } from "../adapter.ts";
import { digestOf, isSameText } from "../proofs.ts";

/** Meta signs with the secret of the app, whose digest would prove nothing, and gives back the token of the hook. */
export const verifierOf = ({ credentials, hook_secret }: ChannelAccess<"whatsapp">): Verifier => ({
  app_secret: credentials.app_secret,
  verify_token_sha256: digestOf(hook_secret),
});

/** Whether the call was signed with the app's secret. */
export function verify({ headers, body }: HookRequest, { app_secret }: Verifier): boolean {
  const given = headers["x-hub-signature-256"];
  // Without a secret everybody could sign.
  if (given === undefined || !app_secret) return false;
  const digest = createHmac("sha256", app_secret).update(body).digest("hex");
  return isSameText(given, `sha256=${digest}`);
}

/** What Meta wants to hear of a hook that is ours, when it asks with our token. */
export function handshake(
  query: Readonly<Record<string, string>>,
  { verify_token_sha256 }: Verifier,
): string | undefined {
  const [token, challenge] = [query["hub.verify_token"], query["hub.challenge"]];
  if (query["hub.mode"] !== "subscribe" || token === undefined) return undefined;
  const isOurs =
    verify_token_sha256 !== undefined && isSameText(digestOf(token), verify_token_sha256);
  return isOurs ? challenge : undefined;
}
