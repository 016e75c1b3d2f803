import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "@jest/globals";
import { RowCache } from "#lib/local/embedded/dynamodb/row-cache";
import { N, S } from "#test/support/embedded-contract";
import { fileTable, openOnFile, tableOnDisk, useTemporaryFile } from "#test/support/embedded-file";

const temporary = useTemporaryFile();
const TableName = fileTable.TableName;
const Key = { pk: S("row"), sk: S("x") };

/** An engine on the file, its clients through the direct door. */
function openDirectly() {
  const opened = openOnFile(temporary.file);
  opened.connection.direct(opened.dynamodb);
  return opened;
}

/** Changes and removes everything in it, at every depth. */
function spoil(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if (value instanceof Uint8Array) {
    value.fill(0);
    return;
  }
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members)) {
    spoil(members[name]);
    if (Array.isArray(value)) value[Number(name)] = "spoilt";
    else members[name] = "spoilt";
  }
}

describe("a row that is kept in memory", () => {
  it("cannot be changed through an answer, nor through what was sent", async () => {
    const { engine, dynamodb } = openDirectly();
    const rest = {
      text: S("a text that is longer"),
      number: N(12),
      bytes: { B: Uint8Array.of(1, 2) },
      list: { L: [S("a"), { M: { deep: N(1) } }] },
      map: { M: { deep: { M: { deeper: S("b") } } } },
      texts: { SS: ["a", "b"] },
      sets: { BS: [Uint8Array.of(1), Uint8Array.of(2)] },
    };
    const item = { ...Key, ...rest };
    const sent = structuredClone(item);
    await dynamodb.send(new PutItemCommand({ TableName, Item: sent }));
    spoil(sent);
    const condition = {
      ConditionExpression: "attribute_not_exists(pk)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    } as const;
    const Item = item;
    const reads = [
      () => dynamodb.send(new GetItemCommand({ TableName, Key })),
      () =>
        dynamodb.send(
          new GetItemCommand({
            TableName,
            Key,
            ProjectionExpression: "#m, texts",
            ExpressionAttributeNames: { "#m": "map" },
          }),
        ),
      () =>
        dynamodb.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [Key] } } })),
      () =>
        dynamodb.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: "pk = :pk",
            ExpressionAttributeValues: { ":pk": Key.pk },
            Limit: 1,
          }),
        ),
      () => dynamodb.send(new ScanCommand({ TableName })),
      () =>
        dynamodb.send(
          new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName, Key } }] }),
        ),
      () => dynamodb.send(new PutItemCommand({ TableName, Item, ReturnValues: "ALL_OLD" })),
      ...(["ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"] as const).map(
        (ReturnValues) => () =>
          dynamodb.send(
            new UpdateItemCommand({
              TableName,
              Key,
              UpdateExpression: "SET #m.#d.#n = :b, #t = #t",
              ExpressionAttributeNames: {
                "#m": "map",
                "#d": "deep",
                "#n": "deeper",
                "#t": "texts",
              },
              ExpressionAttributeValues: { ":b": S("b") },
              ReturnValues,
            }),
          ),
      ),
      () =>
        dynamodb
          .send(new PutItemCommand({ TableName, Item, ...condition }))
          .catch((e: unknown) => e),
      () =>
        dynamodb
          .send(
            new TransactWriteItemsCommand({
              TransactItems: [{ Put: { TableName, Item, ...condition } }],
              ClientRequestToken: "t",
            }),
          )
          .catch((error: unknown) => error),
    ];
    for (const read of reads) {
      spoil(await read());
      const { Item: stored } = await dynamodb.send(new GetItemCommand({ TableName, Key }));
      expect(stored).toEqual(item);
    }
    await engine.close();
  });

  it("is what another process has made of it", async () => {
    const [one, other] = [openDirectly(), openDirectly()];
    for (let n = 1; n <= 3; n++) {
      await one.count("row");
      await other.count("row");
      expect((await one.get("row"))?.["n"]).toEqual(N(2 * n));
      expect((await other.get("row"))?.["n"]).toEqual(N(2 * n));
    }
    await other.dynamodb.send(new DeleteItemCommand({ TableName, Key }));
    expect(await one.get("row")).toBeUndefined();
    await one.engine.close();
    await other.engine.close();
  });

  it("is as it was when its turn was undone", async () => {
    const { disk, call, close } = await tableOnDisk();
    const put = (sk: string, n: number) =>
      call("PutItem", { TableName, Item: { pk: S("p"), sk: S(sk), n: N(n) } });
    const numbers = async () => {
      const gets = ["written over", "deleted", "new"].map((sk) =>
        call("GetItem", { TableName, Key: { pk: S("p"), sk: S(sk) } }),
      );
      return (await Promise.all(gets)).map(({ Item }) => Item);
    };
    await put("written over", 1);
    await put("deleted", 1);
    const before = await numbers();
    expect(before).toMatchObject([{ n: N(1) }, { n: N(1) }, undefined]);
    disk.isGone = true;
    const outcomes = await Promise.allSettled([
      put("written over", 2),
      call("DeleteItem", { TableName, Key: { pk: S("p"), sk: S("deleted") } }),
      put("new", 1),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    disk.isGone = false;
    expect(await numbers()).toEqual(before);
    close();
  });

  it("is found by every form of its key", async () => {
    const { engine, put, get } = openDirectly();
    await put("a\uFFFDb", { n: N(1) });
    await get("a\uFFFDb");
    await put("a\uD800b", { n: N(2) });
    // SQLite has no halves of surrogate pairs.
    expect((await get("a\uFFFDb"))?.["n"]).toEqual(N(2));
    expect((await get("a\uD800b"))?.["n"]).toEqual(N(2));
    await engine.close();
  });

  it("keeps nothing of the text that one of its own was a part of", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const { engine, put } = openDirectly();
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 100; n++) {
      const part = `${n}`.padEnd(1_000_000, "text ").slice(0, 40);
      await put(`row ${n}`, {
        part: S(part),
        parts: { M: { list: { L: [S(part)] }, set: { SS: [part] } } },
      });
    }
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
    await engine.close();
  });
});

describe("the rows in memory", () => {
  const row = (id: number) => ({ id, size: 1_000, item: {}, length: 1_000 });
  const key = (id: number) => ({ hash: "h", range: `${id}` });

  it("are those that were used last, and as many as there is room for", () => {
    const cache = new RowCache(200_000);
    const kept = () =>
      Array.from({ length: 1_000 }, (_, id) => id).filter((id) => cache.get(key(id)));
    for (let id = 0; id < 1_000; id++) {
      cache.set(key(id), row(id));
      cache.get(key(0));
      // Also what is written over and over takes its room once.
      cache.set(key(1), row(1));
    }
    const ids = kept();
    expect(ids).toContain(0);
    expect(ids).toContain(1);
    expect(ids).toContain(999);
    expect(ids.length).toBeGreaterThan(40);
    expect(ids.length).toBeLessThanOrEqual(84);
    cache.delete(key(0));
    expect(cache.get(key(0))).toBeUndefined();
  });

  it("are told apart wherever their keys could be read as one text", () => {
    const cache = new RowCache(200_000);
    cache.set({ hash: "a", range: "bc" }, row(1));
    expect(cache.get({ hash: "ab", range: "c" })).toBeUndefined();
    expect(cache.get({ hash: "a", range: "bc" })).toEqual(row(1));
    cache.set({ hash: Uint8Array.of(1), range: "" }, row(2));
    expect(cache.get({ hash: Uint8Array.of(1), range: "" })).toBeUndefined();
  });
});
