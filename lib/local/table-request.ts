import { tableDefinition } from "#shared/table/definition";

/** The CreateTable request of the product's table, with its TTL attribute. */
export function createTableRequest(TableName: string) {
  const { partitionKey, sortKey, indexes, timeToLiveAttribute } = tableDefinition;
  const schemas = [{ partitionKey, sortKey }, ...indexes];
  const attributes = new Map(
    schemas
      .flatMap((schema) => [schema.partitionKey, schema.sortKey])
      .map((key) => [key.name, key]),
  );
  return {
    TableName,
    BillingMode: "PAY_PER_REQUEST" as const,
    AttributeDefinitions: [...attributes.values()].map(({ name, type }) => ({
      AttributeName: name,
      AttributeType: type,
    })),
    KeySchema: keySchema({ partitionKey, sortKey }),
    GlobalSecondaryIndexes: indexes.map((index) => ({
      IndexName: index.name,
      KeySchema: keySchema(index),
      Projection: { ProjectionType: "INCLUDE" as const, NonKeyAttributes: [...index.include] },
    })),
    TimeToLiveSpecification: { AttributeName: timeToLiveAttribute, Enabled: true },
  };
}

type Schema = Pick<typeof tableDefinition, "partitionKey" | "sortKey">;

const keySchema = ({ partitionKey, sortKey }: Schema) => [
  { AttributeName: partitionKey.name, KeyType: "HASH" as const },
  { AttributeName: sortKey.name, KeyType: "RANGE" as const },
];
