import type { Sealed } from "./sealed.ts";

/** A signing secret that was replaced: it signs beside those that came after it until then, in unix milliseconds. */
export interface PreviousSecret {
  readonly secret: Sealed;
  readonly valid_until: number;
}

/** What signs with secrets that can be rotated. */
export interface Signer {
  readonly signing_secret: Sealed;
  /** The newest first. */
  readonly previous_secrets?: readonly PreviousSecret[];
}

const overlapMs = 24 * 60 * 60 * 1000;
/** A receiver reads no endless list of signatures. */
const most = 10;

/** The previous secrets of a signer whose secret is replaced now: each signs for 24 hours. */
export const afterRotation = (signer: Signer, now: number): readonly PreviousSecret[] =>
  [
    { secret: signer.signing_secret, valid_until: now + overlapMs },
    ...validPrevious(signer, now),
  ].slice(0, most);

/** The secrets that sign now, the newest first. */
export const validSecrets = (signer: Signer, now: number): readonly Sealed[] => [
  signer.signing_secret,
  ...validPrevious(signer, now).map(({ secret }) => secret),
];

const validPrevious = ({ previous_secrets = [] }: Signer, now: number) =>
  previous_secrets.filter(({ valid_until }) => valid_until > now);
