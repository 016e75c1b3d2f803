import { validationError } from "../aws-error.ts";
import type { SqlValue } from "../database.ts";
import type { AttributeValue } from "./attribute-value.ts";
import type { EngineCondition, Operand, Values } from "./condition-expression.ts";
import type { KeyAttribute, KeySchema } from "./engine-table-definition.ts";
import { checkKeyLength, keyColumn, maxHashBytes, maxRangeBytes } from "./keys.ts";

/** A condition on the range key as SQL on the column `RANGE`, with its values. */
export interface RangeCondition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** What a Query asks for: one hash key and a range of range keys. */
export interface KeyRange {
  readonly hash: SqlValue;
  readonly range: RangeCondition | undefined;
}

interface Clause {
  readonly operator: string;
  readonly name: string;
  readonly values: readonly AttributeValue[];
}

const mirroredSigns: Readonly<Record<string, string>> = {
  "=": "=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** Turns a KeyConditionExpression into a range of keys: Query allows one hash key and at most one range condition. */
export function readKeyRange(condition: EngineCondition, key: KeySchema, values: Values): KeyRange {
  const clauses = new Map<string, Clause>();
  collect(condition, values, clauses);
  const hash = clauses.get(key.hash.name);
  if (clauses.size > 2) throw validationError("Conditions can be of length 1 or 2 only");
  if (hash === undefined) {
    throw validationError(`Query condition missed key schema element: ${key.hash.name}`);
  }
  if (hash.operator !== "=") throw validationError("Query key condition not supported");
  checkValues(hash, key.hash, maxHashBytes);
  const range = key.range && clauses.get(key.range.name);
  if (clauses.size === 2 && (range === undefined || key.range === undefined)) {
    if (key.range === undefined) throw validationError("Query key condition not supported");
    throw validationError(`Query condition missed key schema element: ${key.range.name}`);
  }
  if (range !== undefined && key.range !== undefined) {
    checkValues(range, key.range, maxRangeBytes);
  }
  return {
    hash: keyColumn(hash.values[0] ?? {}),
    range: range && rangeSql(range),
  };
}

function collect(condition: EngineCondition, values: Values, clauses: Map<string, Clause>): void {
  switch (condition.kind) {
    case "and":
      collect(condition.left, values, clauses);
      collect(condition.right, values, clauses);
      return;
    case "or":
    case "not":
    case "in":
      throw validationError(
        `Invalid operator used in KeyConditionExpression: ${condition.kind.toUpperCase()}`,
      );
    case "compare": {
      if (condition.comparator === "<>") {
        throw validationError("Invalid operator used in KeyConditionExpression: <>");
      }
      const mirrored = condition.left.kind !== "path";
      const operator = mirrored
        ? (mirroredSigns[condition.comparator] ?? condition.comparator)
        : condition.comparator;
      add(
        clauses,
        operator,
        mirrored ? [condition.right, condition.left] : [condition.left, condition.right],
        values,
      );
      return;
    }
    case "between":
      if (condition.value.kind !== "path") throw mustBeFirst("BETWEEN");
      add(clauses, "BETWEEN", [condition.value, condition.low, condition.high], values);
      return;
    case "test":
      if (condition.test !== "begins_with") {
        throw validationError(`Invalid operator used in KeyConditionExpression: ${condition.test}`);
      }
      if (condition.operands[0]?.kind !== "path") throw mustBeFirst("begins_with");
      add(clauses, "begins_with", condition.operands, values);
  }
}

const mustBeFirst = (operator: string) =>
  validationError(
    `Invalid condition in KeyConditionExpression: ${operator} operator must have the key attribute as its first operand`,
  );

function add(
  clauses: Map<string, Clause>,
  operator: string,
  operands: readonly Operand[],
  values: Values,
): void {
  const [first, ...rest] = operands;
  if (operands.some((operand) => operand.kind === "size")) {
    throw validationError("KeyConditionExpressions cannot contain nested operations");
  }
  if (rest.some((operand) => operand.kind === "path")) {
    throw validationError(
      "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
    );
  }
  if (first?.kind !== "path") {
    throw validationError(
      "Invalid condition in KeyConditionExpression: No key attribute specified",
    );
  }
  if (first.path.length > 1) {
    throw validationError("KeyConditionExpressions cannot have conditions on nested attributes");
  }
  const [name] = first.path;
  if (clauses.has(name)) {
    throw validationError("KeyConditionExpressions must only contain one condition per key");
  }
  clauses.set(name, {
    operator,
    name,
    values: rest.flatMap((operand) => {
      const value = operand.kind === "value" ? values[operand.name] : undefined;
      return value === undefined ? [] : [value];
    }),
  });
}

function checkValues({ values, name }: Clause, attribute: KeyAttribute, limit: number): void {
  for (const value of values) {
    if (value[attribute.type] === undefined) {
      throw validationError(
        "One or more parameter values were invalid: Condition parameter type does not match schema type",
      );
    }
    checkKeyLength(name, value, limit);
  }
}

function rangeSql({ operator, values, name }: Clause): RangeCondition {
  const columns = values.map(keyColumn);
  const [first = "", second = ""] = columns;
  if (operator === "BETWEEN") return { sql: "RANGE >= ? AND RANGE <= ?", values: [first, second] };
  if (operator !== "begins_with") return { sql: `RANGE ${operator} ?`, values: [first] };
  if (values[0]?.N !== undefined) {
    throw validationError(
      `Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N, key: ${name}`,
    );
  }
  const end = typeof first === "string" ? afterPrefix(first) : afterBytes(first);
  if (end === undefined) return { sql: "RANGE >= ?", values: [first] };
  return { sql: "RANGE >= ? AND RANGE < ?", values: [first, end] };
}

/** The first text, in order of UTF-8 bytes, after all that begin with the prefix. */
function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const code = last.codePointAt(0) ?? 0;
    if (code === 0x10ffff) continue;
    // Surrogates are no characters.
    return points.join("") + String.fromCodePoint(code === 0xd7ff ? 0xe000 : code + 1);
  }
  return undefined;
}

function afterBytes(prefix: SqlValue): SqlValue | undefined {
  if (!(prefix instanceof Uint8Array)) return undefined;
  const bytes = [...prefix];
  for (let last = bytes.pop(); last !== undefined; last = bytes.pop()) {
    if (last < 0xff) return Buffer.from([...bytes, last + 1]);
  }
  return undefined;
}
