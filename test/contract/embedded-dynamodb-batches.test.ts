import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "@jest/globals";
import { N, refusalOf, useContractTable, wording } from "#test/support/embedded-contract";

const table = useContractTable();

describe("batches", () => {
  it("write and read many items", async () => {
    const all = Array.from({ length: 25 }, table.freshKey);
    await table.client.send(
      new BatchWriteItemCommand({
        RequestItems: { [table.name]: all.map((Item) => ({ PutRequest: { Item } })) },
      }),
    );
    await table.client.send(
      new BatchWriteItemCommand({
        RequestItems: { [table.name]: [{ DeleteRequest: { Key: all[0]! } }] },
      }),
    );
    const { Responses, UnprocessedKeys } = await table.client.send(
      new BatchGetItemCommand({ RequestItems: { [table.name]: { Keys: all } } }),
    );
    expect(Responses?.[table.name]).toHaveLength(24);
    expect(UnprocessedKeys).toEqual({});
  });

  it.each([
    ["26 writes", 26, "Too many items requested for the BatchWriteItem call"],
    ["an item twice", -2, "Provided list of item keys contains duplicates"],
  ])("a batch of %s is refused", async (_, count, message) => {
    const one = table.freshKey();
    const items = Array.from({ length: Math.abs(count) }, () =>
      count < 0 ? one : table.freshKey(),
    );
    const refused = await refusalOf(
      table.client.send(
        new BatchWriteItemCommand({
          RequestItems: { [table.name]: items.map((Item) => ({ PutRequest: { Item } })) },
        }),
      ),
    );
    expect(refused).toMatchObject({ name: "ValidationException", message });
  });

  it("a batch with one invalid request writes nothing", async () => {
    const good = table.freshKey();
    const refused = await refusalOf(
      table.client.send(
        new BatchWriteItemCommand({
          RequestItems: {
            [table.name]: [
              { PutRequest: { Item: good } },
              { PutRequest: { Item: { ...table.freshKey(), list_pk: N(1) } } },
            ],
          },
        }),
      ),
    );
    expect(refused.name).toBe("ValidationException");
    expect(await table.get(good)).toBeUndefined();
  });

  it("a batch of 101 reads, or of one key twice, is refused", async () => {
    const one = table.freshKey();
    for (const Keys of [Array.from({ length: 101 }, table.freshKey), [one, one]]) {
      const refused = await refusalOf(
        table.client.send(new BatchGetItemCommand({ RequestItems: { [table.name]: { Keys } } })),
      );
      expect(refused.name).toBe("ValidationException");
    }
  });
});

describe("requests", () => {
  it("a request for a table that does not exist is refused", async () => {
    const refused = await refusalOf(
      table.client.send(new GetItemCommand({ TableName: "missing", Key: table.freshKey() })),
    );
    expect(refused).toMatchObject({
      name: "ResourceNotFoundException",
      message: wording("Requested resource not found"),
    });
  });
});
