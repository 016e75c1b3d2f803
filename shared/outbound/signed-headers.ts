import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Sealed, SecretPlace } from "../secrets/sealed.ts";
import { type Signer, validSecrets } from "../secrets/signing-secrets.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { signatureHeaders } from "./webhook-signature.ts";

/** A server that a team named, with what is sent to it beside a body, sealed as it is stored. */
export interface Receiver {
  /** The team's own. */
  readonly headers: Readonly<Record<string, Sealed>>;
  readonly signer: Signer;
  /** Where the value of a header is bound to. */
  readonly headerPlace: (name: string) => SecretPlace;
  /** Where the signing secrets are bound to. */
  readonly secretPlace: SecretPlace;
}

/** The headers of one JSON body: the team's own, ours over them, and the signature by every secret valid now. */
export async function signedHeaders(
  { secrets, clock }: SigningDeps,
  teamId: Id<"team">,
  { headers, signer, headerPlace, secretPlace }: Receiver,
  { id, body }: { readonly id: string; readonly body: string },
): Promise<Record<string, string>> {
  const now = clock();
  const opening = Object.entries(headers).map(async ([name, sealed]) => {
    const value = await secrets.open(teamId, headerPlace(name), sealed);
    return [name.toLowerCase(), value] as const;
  });
  const signing = validSecrets(signer, now).map((secret) =>
    secrets.open(teamId, secretPlace, secret),
  );
  // Together: one that fails while nobody waits for it would end the process.
  const [own, opened] = await Promise.all([Promise.all(opening), Promise.all(signing)]);
  return {
    ...Object.fromEntries(own),
    "content-type": "application/json",
    "user-agent": "ChatbotPlatform/1.0",
    ...signatureHeaders({
      id,
      timestamp_seconds: Math.floor(now / 1000),
      body,
      secrets: opened,
    }),
  };
}

export interface SigningDeps {
  readonly secrets: TeamSecrets;
  readonly clock: Clock;
}
