import type { Id } from "../runtime/ids.ts";
import { mask } from "./mask.ts";
import {
  decrypt,
  encrypt,
  NoDataKeyError,
  type Sealed,
  type SecretPlace,
  UnsealError,
} from "./sealed.ts";
import { createTeamKeys, type TeamKeysDeps } from "./team-keys.ts";

/**
 * Seals and opens the secrets of teams, each team with a data key of its own that is made at its first secret.
 * Throws `SecretsUnavailableError` when the key cannot be had, `NoDataKeyError` when there is none, `UnsealError` for what
 * was sealed for another place.
 */
export interface TeamSecrets {
  seal(teamId: Id<"team">, place: SecretPlace, plaintext: string): Promise<Sealed>;
  open(
    teamId: Id<"team">,
    place: SecretPlace,
    sealed: Pick<Sealed, "ciphertext" | "key">,
  ): Promise<string>;
}

/** The number of the only data key a team has so far. */
const keyNumber = 1;

/** Makes the seal of this deployment. */
export function createTeamSecrets(deps: TeamKeysDeps): TeamSecrets {
  const keys = createTeamKeys(deps);
  return {
    seal: async (teamId, place, plaintext) => {
      const key = await keys.findOrCreate(teamId);
      const ciphertext = encrypt(key, teamId, place, Buffer.from(plaintext));
      return { ciphertext, mask: mask(plaintext), key: keyNumber };
    },

    open: async (teamId, place, { ciphertext, key: number }) => {
      if (number !== keyNumber) throw new UnsealError(`The team has no data key ${number}.`);
      const key = await keys.find(teamId);
      if (!key) throw new NoDataKeyError(`The team ${teamId} has no data key.`);
      return Buffer.from(decrypt(key, teamId, place, ciphertext)).toString();
    },
  };
}
