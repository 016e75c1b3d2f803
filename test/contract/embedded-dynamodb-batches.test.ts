import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  type ContractTable,
  N,
  onOtherDynamoDb,
  openContractTable,
  refusalOf,
  S,
} from "#test/support/embedded-contract";

type Item = Record<string, AttributeValue>;

let table: ContractTable;

beforeAll(async () => {
  table = await openContractTable();
});

afterAll(() => table.close());

const get = async (Key: Item, more: object = {}) => {
  const { Item } = await table.client.send(
    new GetItemCommand({ TableName: table.name, Key, ConsistentRead: true, ...more }),
  );
  return Item;
};

let keys = 0;
const freshKey = (): Item => ({ pk: S(`item-${(keys += 1)}`), sk: S("x") });

/** AWS's wording, which an emulator need not share. */
const wording = (message: string) => (onOtherDynamoDb ? expect.any(String) : message);

describe("batches", () => {
  it("write and read many items", async () => {
    const all = Array.from({ length: 25 }, freshKey);
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
  ])("of %s are refused", async (_, count, message) => {
    const one = freshKey();
    const items = Array.from({ length: Math.abs(count) }, () => (count < 0 ? one : freshKey()));
    const refused = await refusalOf(
      table.client.send(
        new BatchWriteItemCommand({
          RequestItems: { [table.name]: items.map((Item) => ({ PutRequest: { Item } })) },
        }),
      ),
    );
    expect(refused).toMatchObject({ name: "ValidationException", message });
  });

  it("of which one is invalid write nothing", async () => {
    const good = freshKey();
    const refused = await refusalOf(
      table.client.send(
        new BatchWriteItemCommand({
          RequestItems: {
            [table.name]: [
              { PutRequest: { Item: good } },
              { PutRequest: { Item: { ...freshKey(), list_pk: N(1) } } },
            ],
          },
        }),
      ),
    );
    expect(refused.name).toBe("ValidationException");
    expect(await get(good)).toBeUndefined();
  });

  it("of 101 reads, or of one key twice, are refused", async () => {
    const one = freshKey();
    for (const Keys of [Array.from({ length: 101 }, freshKey), [one, one]]) {
      const refused = await refusalOf(
        table.client.send(new BatchGetItemCommand({ RequestItems: { [table.name]: { Keys } } })),
      );
      expect(refused.name).toBe("ValidationException");
    }
  });
});

describe("requests", () => {
  it("for a table that does not exist are refused", async () => {
    const refused = await refusalOf(
      table.client.send(new GetItemCommand({ TableName: "missing", Key: freshKey() })),
    );
    expect(refused).toMatchObject({
      name: "ResourceNotFoundException",
      message: wording("Requested resource not found"),
    });
  });
});
