import type { ChannelAccess, HookRequest, Verifier } from "../adapter.ts";
import { digestOf, isSameText } from "../proofs.ts";

/** Telegram gives back the secret that it was given; its digest tells whether it did, and nobody what it is. */
export const verifierOf = ({ hook_secret }: ChannelAccess<"telegram">): Verifier => ({
  secret_sha256: digestOf(hook_secret),
});

/** Whether the call has our secret. */
export function verify({ headers }: HookRequest, { secret_sha256 }: Verifier): boolean {
  const given = headers["x-telegram-bot-api-secret-token"];
  return (
    given !== undefined && secret_sha256 !== undefined && isSameText(digestOf(given), secret_sha256)
  );
}
