import { AwsError, constraintError, validationError } from "../aws-error.ts";
import { asRecord, type Input, readList, readText } from "../wire.ts";
import { checkDistinct } from "./batch.ts";
import {
  type CapacityDetail,
  capacityOf,
  type ConsumedCapacity,
  consumedOf,
  readCapacityDetail,
  readUnits,
} from "./capacity.ts";
import type { Catalog } from "./catalog.ts";
import type { DynamodbOperation } from "./dynamodb-operation.ts";
import { readKey } from "./keys.ts";
import { projected, requiredRecord, requiredText } from "./read-item.ts";
import { readExpressions } from "./request-expressions.ts";
import {
  applyWrite,
  type PlannedWrite,
  planWrite,
  type PreparedWrite,
  prepareWrite,
  unitsOf,
  type WriteKind,
} from "./write-item.ts";

const maxItems = 100;
const maxBytes = 4 * 1_048_576;
const twiceInOne = "Transaction request cannot include multiple operations on one item";
const writeKinds: readonly WriteKind[] = ["Put", "Update", "Delete", "ConditionCheck"];

interface Reason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: unknown;
}

/** TransactWriteItems. */
export const transactWriteItems: DynamodbOperation = {
  writes: true,
  run(context, input) {
    const detail = readCapacityDetail(input);
    const plans = readTransactItems(input).map((member) => planMember(context.catalog, member));
    checkDistinct(plans, twiceInOne);
    const token = readToken(input);
    if (token !== undefined && !context.tokens.isFirstUse(token, input)) {
      return { ConsumedCapacity: repeatCapacity(plans, detail) };
    }
    const writes = prepareAll(plans);
    const capacities = new Map<string, ConsumedCapacity>();
    for (const write of writes) {
      const capacity = capacityOf(capacities, write.plan.table.definition.name, "write");
      const changes = applyWrite(write);
      capacity.add(unitsOf(write) * 2);
      capacity.addIndexChanges(changes);
    }
    if (token !== undefined) context.tokens.remember(token, input, context.callerIsHere);
    return { ConsumedCapacity: consumedOf(capacities.values(), detail) };
  },
};

/** The members of a transaction. */
export function readTransactItems(input: Input): Record<string, unknown>[] {
  const members = readList(input, "TransactItems") ?? [];
  if (members.length < 1 || members.length > maxItems) {
    throw members.length < 1
      ? constraintError("transactItems", "[]", "have length greater than or equal to 1")
      : constraintError("transactItems", "[...]", "have length less than or equal to 100");
  }
  return members.map(asRecord);
}

function planMember(catalog: Catalog, member: Record<string, unknown>): PlannedWrite {
  const kinds = writeKinds.filter((kind) => member[kind] !== undefined && member[kind] !== null);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    throw validationError("TransactItems can only contain one of Check, Put, Update or Delete");
  }
  const write = asRecord(member[kind]);
  if (kind === "Update") requiredText(write, "UpdateExpression");
  if (kind === "ConditionCheck") requiredText(write, "ConditionExpression");
  return planWrite(kind, catalog, write);
}

/** Looks at every condition before anything is written; a failure cancels all, with a reason for each member. */
function prepareAll(plans: readonly PlannedWrite[]): PreparedWrite[] {
  const writes: PreparedWrite[] = [];
  const reasons: Reason[] = [];
  for (const plan of plans) {
    try {
      writes.push(prepareWrite(plan));
      reasons.push({ Code: "None" });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      reasons.push(reasonOf(error));
    }
  }
  if (writes.length < plans.length) throw cancelled(reasons);
  const bytes = writes.reduce((sum, { after }) => sum + (after?.size ?? 0), 0);
  if (bytes > maxBytes) {
    throw validationError(`Transaction payload size cannot exceed 4MB. Payload Size: ${bytes}`);
  }
  return writes;
}

function reasonOf(error: AwsError): Reason {
  if (error.name === "ConditionalCheckFailedException") {
    return {
      Code: "ConditionalCheckFailed",
      ...error.fields,
      Message: error.message,
    };
  }
  return { Code: "ValidationError", Message: error.message };
}

/** TransactionCanceledException with the reasons in the order of the members. */
export function cancelled(reasons: readonly Reason[]): AwsError {
  const codes = reasons.map(({ Code }) => Code).join(", ");
  return new AwsError(
    "TransactionCanceledException",
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    400,
    { CancellationReasons: reasons },
  );
}

function readToken(input: Input): string | undefined {
  const token = readText(input, "ClientRequestToken");
  if (token !== undefined && (token.length < 1 || token.length > 36)) {
    throw constraintError(
      "clientRequestToken",
      token,
      `have length ${token.length < 1 ? "greater than or equal to 1" : "less than or equal to 36"}`,
    );
  }
  return token;
}

/** A repeated call reads what the first one wrote. */
function repeatCapacity(
  plans: readonly PlannedWrite[],
  detail: CapacityDetail,
): object[] | undefined {
  const capacities = new Map<string, ConsumedCapacity>();
  for (const { table, key } of plans) {
    const capacity = capacityOf(capacities, table.definition.name, "read");
    capacity.add(readUnits(table.get(key)?.size ?? 0, 2));
  }
  return consumedOf(capacities.values(), detail);
}

/** TransactGetItems. */
export const transactGetItems: DynamodbOperation = {
  writes: false,
  run({ catalog }, input) {
    const detail = readCapacityDetail(input);
    const gets = readTransactItems(input).map((member) => {
      const get = requiredRecord(member, "Get");
      const { projection } = readExpressions(get, ["ProjectionExpression"]);
      const table = catalog.table(requiredText(get, "TableName"));
      return { table, projection, key: readKey(table.definition, requiredRecord(get, "Key")) };
    });
    checkDistinct(gets, twiceInOne);
    const capacities = new Map<string, ConsumedCapacity>();
    const responses = gets.map(({ table, key, projection }) => {
      const stored = table.get(key);
      const capacity = capacityOf(capacities, table.definition.name, "read");
      capacity.add(readUnits(stored?.size ?? 0, 2));
      return { Item: stored && projected(stored.item, projection) };
    });
    return {
      Responses: responses,
      ConsumedCapacity: consumedOf(capacities.values(), detail),
    };
  },
};
