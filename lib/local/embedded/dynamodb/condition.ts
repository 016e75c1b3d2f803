import { validationError } from "../aws-error.ts";
import {
  type AttributeValue,
  compareValues,
  type EngineItem,
  equalValues,
  isValueType,
  typeOf,
} from "./attribute-value.ts";
import type { Comparator, EngineCondition, Operand, Test, Values } from "./condition-expression.ts";
import { valueAt } from "./document-path.ts";

/** True when the item (an empty one where there is none) meets the condition. */
export function meets(condition: EngineCondition, item: EngineItem, values: Values): boolean {
  switch (condition.kind) {
    case "and":
      return meets(condition.left, item, values) && meets(condition.right, item, values);
    case "or":
      return meets(condition.left, item, values) || meets(condition.right, item, values);
    case "not":
      return !meets(condition.inner, item, values);
    case "compare":
      return compares(
        condition.comparator,
        resolve(condition.left, item, values),
        resolve(condition.right, item, values),
      );
    case "between": {
      const value = resolve(condition.value, item, values);
      return (
        compares(">=", value, resolve(condition.low, item, values)) &&
        compares("<=", value, resolve(condition.high, item, values))
      );
    }
    case "in": {
      const value = resolve(condition.value, item, values);
      return condition.choices.some((choice) =>
        compares("=", value, resolve(choice, item, values)),
      );
    }
    case "test":
      return holds(
        condition.test,
        resolve(condition.operands[0], item, values),
        resolve(condition.operands[1], item, values),
      );
  }
}

function resolve(
  operand: Operand | undefined,
  item: EngineItem,
  values: Values,
): AttributeValue | undefined {
  if (operand === undefined) return undefined;
  switch (operand.kind) {
    case "path":
      return valueAt(item, operand.path);
    case "value":
      return values[operand.name];
    case "size": {
      const size = sizeOf(resolve(operand.of, item, values));
      return size === undefined ? undefined : { N: String(size) };
    }
  }
}

function sizeOf(value: AttributeValue | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (value.S !== undefined) return value.S.length;
  if (value.B !== undefined) return Buffer.byteLength(value.B, "base64");
  if (value.M !== undefined) return Object.keys(value.M).length;
  return (value.L ?? value.SS ?? value.NS ?? value.BS)?.length;
}

function compares(
  comparator: Comparator,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  if (left === undefined || right === undefined) return comparator === "<>";
  if (comparator === "=") return equalValues(left, right);
  if (comparator === "<>") return !equalValues(left, right);
  const order = compareValues(left, right);
  if (order === undefined) return false;
  if (comparator === "<") return order < 0;
  if (comparator === "<=") return order <= 0;
  if (comparator === ">") return order > 0;
  return order >= 0;
}

function holds(
  test: Test,
  first: AttributeValue | undefined,
  second: AttributeValue | undefined,
): boolean {
  switch (test) {
    case "attribute_exists":
      return first !== undefined;
    case "attribute_not_exists":
      return first === undefined;
    case "attribute_type":
      return first !== undefined && typeOf(first) === second?.S;
    case "begins_with":
      return first !== undefined && second !== undefined && begins(first, second);
    case "contains":
      return first !== undefined && second !== undefined && contains(first, second);
  }
}

function begins(value: AttributeValue, start: AttributeValue): boolean {
  if (value.S !== undefined && start.S !== undefined) return value.S.startsWith(start.S);
  if (value.B === undefined || start.B === undefined) return false;
  const bytes = Buffer.from(start.B, "base64");
  return Buffer.from(value.B, "base64").subarray(0, bytes.length).equals(bytes);
}

function contains(whole: AttributeValue, part: AttributeValue): boolean {
  if (whole.S !== undefined) return part.S !== undefined && whole.S.includes(part.S);
  if (whole.L !== undefined) return whole.L.some((member) => equalValues(member, part));
  if (whole.B !== undefined) {
    return (
      part.B !== undefined && Buffer.from(whole.B, "base64").includes(Buffer.from(part.B, "base64"))
    );
  }
  if (whole.SS !== undefined) return part.S !== undefined && whole.SS.includes(part.S);
  if (whole.NS !== undefined) return part.N !== undefined && whole.NS.includes(part.N);
  return part.B !== undefined && (whole.BS?.includes(part.B) ?? false);
}

/** Refuses, before any item is read, values of types that the operators never take; `parameter` names the expression. */
export function checkOperands(parameter: string, condition: EngineCondition, values: Values): void {
  switch (condition.kind) {
    case "and":
    case "or":
      checkOperands(parameter, condition.left, values);
      checkOperands(parameter, condition.right, values);
      return;
    case "not":
      checkOperands(parameter, condition.inner, values);
      return;
    case "compare":
      checkSizes(parameter, [condition.left, condition.right], values);
      if (condition.comparator === "=" || condition.comparator === "<>") return;
      checkOrdered(parameter, condition.comparator, condition.left, values);
      checkOrdered(parameter, condition.comparator, condition.right, values);
      return;
    case "between":
      checkSizes(parameter, [condition.value, condition.low, condition.high], values);
      for (const bound of [condition.value, condition.low, condition.high]) {
        checkOrdered(parameter, "BETWEEN", bound, values);
      }
      checkBounds(parameter, condition.low, condition.high, values);
      return;
    case "in":
      checkSizes(parameter, [condition.value, ...condition.choices], values);
      return;
    case "test":
      checkSizes(parameter, condition.operands, values);
      checkTest(parameter, condition.test, condition.operands, values);
      return;
  }
}

const given = (operand: Operand | undefined, values: Values): AttributeValue | undefined =>
  operand?.kind === "value" ? values[operand.name] : undefined;

const incorrectType = (parameter: string, operator: string, type: string) =>
  validationError(
    `Invalid ${parameter}: Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
  );

function checkOrdered(parameter: string, operator: string, operand: Operand, values: Values): void {
  const value = given(operand, values);
  if (value === undefined) return;
  const type = typeOf(value);
  if (type !== "S" && type !== "N" && type !== "B") throw incorrectType(parameter, operator, type);
}

function checkSizes(parameter: string, operands: readonly Operand[], values: Values): void {
  for (const operand of operands) {
    const value = operand.kind === "size" ? given(operand.of, values) : undefined;
    const type = value && typeOf(value);
    if (type === "N" || type === "BOOL" || type === "NULL") {
      throw incorrectType(parameter, "size", type);
    }
  }
}

function checkBounds(parameter: string, low: Operand, high: Operand, values: Values): void {
  const [lower, upper] = [given(low, values), given(high, values)];
  if (lower === undefined || upper === undefined) return;
  const shown = () =>
    `lower bound operand: AttributeValue: ${show(lower)}, ` +
    `upper bound operand: AttributeValue: ${show(upper)}`;
  const order = compareValues(lower, upper);
  if (order === undefined) {
    throw validationError(
      `Invalid ${parameter}: The BETWEEN operator requires same data type for lower and upper bounds; ${shown()}`,
    );
  }
  if (order > 0) {
    throw validationError(
      `Invalid ${parameter}: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${shown()}`,
    );
  }
}

function show(value: AttributeValue): string {
  const type = typeOf(value);
  return `{${type}:${JSON.stringify(value[type]).replace(/^"|"$/g, "")}}`;
}

function checkTest(
  parameter: string,
  test: Test,
  operands: readonly Operand[],
  values: Values,
): void {
  if (test === "begins_with") {
    for (const operand of operands) {
      const value = given(operand, values);
      if (value === undefined) continue;
      const type = typeOf(value);
      if (type !== "S" && type !== "B") throw incorrectType(parameter, test, type);
    }
  }
  if (test === "attribute_type") {
    const value = given(operands[1], values);
    const type = value === undefined ? undefined : typeOf(value);
    if (value === undefined || value.S === undefined) {
      throw incorrectType(parameter, test, type ?? "");
    }
    if (!isValueType(value.S)) {
      throw validationError(
        `Invalid ${parameter}: Invalid attribute type name found; type: ${value.S}, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}`,
      );
    }
  }
}
