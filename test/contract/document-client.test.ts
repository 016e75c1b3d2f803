import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, it } from "@jest/globals";
import { awsConfig } from "#shared/runtime/aws-config";
import { env } from "#shared/runtime/env";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const row = {
  pk: "TEST#1",
  sk: "ROW",
  text: "Grüße, 你好 😀",
  empty: "",
  whole: 42,
  fraction: -0.5,
  large: Number.MAX_SAFE_INTEGER,
  yes: true,
  nothing: null,
  list: ["a", 1, [false, null], {}],
  map: { name: "Ada", nested: { deep: [1, { x: "y" }] } },
  bytes: Uint8Array.of(0, 1, 255),
};

const documents = () => DynamoDBDocumentClient.from(new DynamoDBClient(awsConfig()));

// The product has a converter of its own; AWS's is the judge of it.
describe("Rows and AWS's document client", () => {
  it("agree on what the table has written", async () => {
    await platform.table.putIfAbsent(row);
    const Key = { pk: row.pk, sk: row.sk };
    const get = new GetCommand({ TableName: env("TABLE_NAME"), Key });
    expect((await documents().send(get)).Item).toEqual(row);
  });

  it("agree on what the document client has written", async () => {
    const Item = { ...row, pk: "TEST#2" };
    await documents().send(new PutCommand({ TableName: env("TABLE_NAME"), Item }));
    expect(await platform.table.get(Item)).toEqual(Item);
  });
});
