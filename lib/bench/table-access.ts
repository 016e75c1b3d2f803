import { BatchWriteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
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
import { toWire } from "#shared/table/wire";
import { createTeam } from "#shared/teams/create-team";
import { requestsPerMinute as planned } from "#shared/teams/team";
import { createTeamStore } from "#shared/teams/team-store";

/** The table of a data folder, beside the server that runs on it. */
export interface TableAccess {
  readonly table: Table;
  /** An enterprise team. Its first key is never over its limit, unless the limit is to be that of the plan. */
  team(limit?: "of the plan"): Promise<{ team_id: Id<"team">; api_key: string }>;
  /** Another key of a team, with the limit of its plan. */
  key(teamId: Id<"team">): Promise<string>;
  /** Writes rows as they are, in batches. */
  putAll(items: Iterable<Item>): Promise<void>;
  close(): Promise<void>;
}

const requestsPerMinute = 1_000_000_000;

/** Opens the table in this process: SQLite lets both in. */
export async function openTable(dataDir: string): Promise<TableAccess> {
  const manifest = await loadManifest();
  const aws = openEmbeddedAws({ folder: openDataFolder(dataDir), manifest, clock: systemClock });
  const name = env("TABLE_NAME");
  const client = new DynamoDBClient(awsConfig());
  const table = createDynamoTable(client, name);

  const putBatch = async (items: readonly Item[]) => {
    const requests = items.map((Item) => ({ PutRequest: { Item: toWire(Item) } }));
    const { UnprocessedItems } = await client.send(
      new BatchWriteItemCommand({ RequestItems: { [name]: requests } }),
    );
    if (UnprocessedItems?.[name]) throw new Error("The table left rows of a batch unwritten.");
  };

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
    putAll: async (items) => {
      let batch: Item[] = [];
      for (const item of items) {
        batch.push(item);
        if (batch.length < 25) continue;
        await putBatch(batch);
        batch = [];
      }
      if (batch.length > 0) await putBatch(batch);
    },
    close: () => aws.close(),
  };
}
