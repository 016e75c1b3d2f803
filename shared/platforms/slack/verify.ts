import { createHmac } from "node:crypto";
import type { ChannelAccess, HookRequest, Verifier } from "../adapter.ts";
import { isRecent, isSameText } from "../proofs.ts";

/** Slack signs with a secret of the app. Its digest would prove nothing, so it is stored itself, sealed. */
export const verifierOf = ({ credentials }: ChannelAccess<"slack">): Verifier => ({
  signing_secret: credentials.signing_secret,
});

/** Whether the call was signed with the app's secret, and not long ago. */
export function verify(
  { headers, body }: HookRequest,
  { signing_secret }: Verifier,
  now: number,
): boolean {
  const time = headers["x-slack-request-timestamp"] ?? "";
  const given = headers["x-slack-signature"];
  // Without a secret everybody could sign.
  if (given === undefined || !signing_secret || !isRecent(time, now)) return false;
  const digest = createHmac("sha256", signing_secret).update(`v0:${time}:`).update(body);
  return isSameText(given, `v0=${digest.digest("hex")}`);
}
