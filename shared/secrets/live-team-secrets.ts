import { KMSClient } from "@aws-sdk/client-kms";
import { awsConfig, trimmed } from "../runtime/aws-config.ts";
import { systemClock } from "../runtime/clock.ts";
import { env } from "../runtime/env.ts";
import { keys } from "../table/keys.ts";
import { liveTable } from "../table/live-table.ts";
import type { Table } from "../table/table.ts";
import { createKmsKeyWrapper } from "./kms-key-wrapper.ts";
import type { RecordSecrets } from "./record-secrets.ts";
import type { DataKeys } from "./team-keys.ts";
import { createTeamSecrets, type TeamSecrets } from "./team-secrets.ts";

/** The wrapped data keys in the table. */
export const createDataKeys = (table: Table): DataKeys => ({
  find: async (teamId) => {
    const row = await table.get(keys.dataKey(teamId));
    // Bytes, as `putIfAbsent` below writes them.
    return row?.["wrapped"] as Uint8Array | undefined;
  },
  putIfAbsent: async (teamId, wrapped) => {
    const outcome = await table.putIfAbsent({ ...keys.dataKey(teamId), wrapped });
    return outcome.applied ? "put" : "exists";
  },
});

let secrets: TeamSecrets | undefined;

/** The deployment's secrets, connected at the first call. */
export function liveTeamSecrets(): TeamSecrets {
  secrets ??= createTeamSecrets({
    dataKeys: createDataKeys(liveTable()),
    wrapper: createKmsKeyWrapper(trimmed(new KMSClient(awsConfig())), env("KMS_KEY_ID")),
    clock: systemClock,
  });
  return secrets;
}

const place = { resource_id: "idempotency", field: "record" };

/** What seals the idempotency records of routes whose answer holds a secret. */
export const liveRecordSecrets = (): RecordSecrets => ({
  seal: async (teamId, text) => {
    const { ciphertext, key } = await liveTeamSecrets().seal(teamId, place, text);
    return { ciphertext, key };
  },
  open: (teamId, sealed) => liveTeamSecrets().open(teamId, place, sealed),
});
