import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { Key } from "./keys.ts";
import type { Item } from "./table.ts";

/** An item, a key or values as DynamoDB takes them; what is undefined is left out. */
export const toWire = (values: object): Record<string, AttributeValue> =>
  marshall(values, { removeUndefinedValues: true });

/** A row's address as DynamoDB takes it, whatever else the row has. */
export const toWireKey = ({ pk, sk }: Key) => toWire({ pk, sk });

/** A row of the table as DynamoDB gives it. */
export const fromWire = (attributes: Record<string, AttributeValue>): Item =>
  // Rows come with attributes that only their noun knows; that they have a key is what the table is.
  unmarshall(attributes) as Item;
