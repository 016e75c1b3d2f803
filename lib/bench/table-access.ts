import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { openDataFolder } from "#lib/local/data-folder";
import { openEmbeddedAws } from "#lib/local/embedded-aws";
import { loadManifest } from "#lib/manifest";
import { createApiKeyStore, newApiKey } from "#shared/api-keys/api-key-store";
import { Scope } from "#shared/auth/scopes";
import { awsConfig } from "#shared/runtime/aws-config";
import { systemClock } from "#shared/runtime/clock";
import { env } from "#shared/runtime/env";
import { type Id, newToken } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { createDynamoTable } from "#shared/table/dynamo-table";
import type { Item, Table } from "#shared/table/table";
import { createTeam } from "#shared/teams/create-team";
import { requestsPerMinute as planned } from "#shared/teams/team";
import { createTeamStore } from "#shared/teams/team-store";
import { putRows } from "./put-rows.ts";

/** The table of a data folder, beside the server that runs on it. */
export interface TableAccess {
  readonly table: Table;
  /** An enterprise team. Its first key is never over its limit, unless the limit is to be that of the plan. */
  team(limit?: "of the plan"): Promise<{ team_id: Id<"team">; api_key: string }>;
  /** Another key of a team, with the limit of its plan. */
  key(teamId: Id<"team">): Promise<string>;
  /** Writes rows as they are. */
  putAll(items: Iterable<Item>): void;
  close(): Promise<void>;
}

const requestsPerMinute = 1_000_000_000;

/** Opens the table in this process: SQLite lets both in. */
export async function openTable(dataDir: string): Promise<TableAccess> {
  const manifest = await loadManifest();
  const folder = openDataFolder(dataDir);
  const aws = openEmbeddedAws({ folder, manifest, clock: systemClock });
  const name = env("TABLE_NAME");
  const table = createDynamoTable(new DynamoDBClient(awsConfig()), name);

  return {
    table,
    team: async (limit) => {
      const teams = createTeamStore(table);
      const input = { name: "Bench", plan: "enterprise" as const };
      const made = await createTeam({ teams }, input, createMint(Date.now()));
      if (limit === undefined) {
        await createApiKeyStore(table).setRateLimit(made.team_id, requestsPerMinute);
      }
      return made;
    },
    key: async (teamId) => {
      const given = {
        name: "Bench",
        scopes: Scope.options,
        rate_limit: planned.enterprise,
        // Nobody goes on here behind a cursor that another key was given.
        cursor_key: newToken(),
      };
      const { key, parts } = newApiKey(teamId, given, createMint(Date.now()));
      await table.transact(parts);
      return key;
    },
    putAll: (items) => putRows(folder.database, name, items),
    close: () => aws.close(),
  };
}
