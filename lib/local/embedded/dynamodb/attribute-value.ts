import { validationError } from "../aws-error.ts";
import { isRecord } from "../wire.ts";
import { compareNumbers, normalizeNumber, numberSize } from "./number.ts";

/** A value in DynamoDB's JSON: exactly one of the members is set; binaries are base64. */
export interface AttributeValue {
  S?: string;
  N?: string;
  B?: string;
  BOOL?: boolean;
  NULL?: boolean;
  SS?: string[];
  NS?: string[];
  BS?: string[];
  L?: AttributeValue[];
  M?: EngineItem;
}

/** An item, or the inside of a map. */
export interface EngineItem {
  [name: string]: AttributeValue;
}

/** The names of the value types, as in the wire format. */
export type ValueType = keyof AttributeValue;

const valueTypes: ReadonlySet<string> = new Set<ValueType>([
  "S",
  "N",
  "B",
  "BOOL",
  "NULL",
  "SS",
  "NS",
  "BS",
  "L",
  "M",
]);

/** Deepest nesting DynamoDB stores. */
const maxDepth = 32;

/** True for the names of value types. */
export const isValueType = (name: string): name is ValueType => valueTypes.has(name);

/** The type of a checked value. */
export function typeOf(value: AttributeValue): ValueType {
  for (const type in value) if (isValueType(type)) return type;
  return "NULL";
}

/** The attribute of that name, never what objects inherit. */
export const attribute = (item: EngineItem, name: string): AttributeValue | undefined =>
  Object.hasOwn(item, name) ? item[name] : undefined;

/** Sets an attribute, whatever its name. */
export function setAttribute(item: EngineItem, name: string, value: AttributeValue): void {
  if (name === "__proto__") {
    Object.defineProperty(item, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else item[name] = value;
}

/** Checks every attribute, writes numbers in their normal form, and narrows the type. */
export function checkItem(item: Record<string, unknown>): asserts item is EngineItem {
  for (const name of Object.keys(item)) checkValue(item[name], 1);
}

/** Checks a value as DynamoDB does before anything else, and writes numbers in their normal form. */
export function checkValue(value: unknown, depth = 1): asserts value is AttributeValue {
  if (!isRecord(value)) {
    throw validationError(
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    );
  }
  let found: string | undefined;
  for (const type in value) {
    if (value[type] === undefined || value[type] === null || !valueTypes.has(type)) continue;
    if (found !== undefined) {
      throw validationError(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
      );
    }
    found = type;
  }
  if (found === undefined || !isValueType(found)) {
    throw validationError(
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    );
  }
  checkDepth(depth);
  const inner = value[found];
  switch (found) {
    case "S":
    case "B":
      if (typeof inner !== "string") throw unexpectedType();
      return;
    case "N":
      if (typeof inner !== "string") throw unexpectedType();
      value[found] = normalizeNumber(inner);
      return;
    case "BOOL":
      if (typeof inner !== "boolean") throw unexpectedType();
      return;
    case "NULL":
      if (inner !== true) {
        throw validationError(
          "One or more parameter values were invalid: Null attribute value types must have the value of true",
        );
      }
      return;
    case "SS":
    case "BS":
    case "NS":
      if (!isTexts(inner)) throw unexpectedType();
      checkSet(found, inner);
      return;
    case "L":
      if (!Array.isArray(inner)) throw unexpectedType();
      for (const member of inner) checkValue(member, depth + 1);
      return;
    case "M":
      if (!isRecord(inner)) throw unexpectedType();
      for (const name of Object.keys(inner)) checkValue(inner[name], depth + 1);
      return;
  }
}

/** Refuses what is nested deeper than 32 levels. */
export function checkDepth(depth: number): void {
  if (depth > maxDepth) {
    throw validationError(
      "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
    );
  }
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((member) => typeof member === "string");

const unexpectedType = () => validationError("Unexpected value type in payload");

function checkSet(type: "SS" | "NS" | "BS", members: string[]): void {
  if (members.length === 0) {
    throw validationError(
      type === "BS"
        ? "One or more parameter values were invalid: Binary sets should not be empty"
        : `One or more parameter values were invalid: An ${type === "SS" ? "string" : "number"} set  may not be empty`,
    );
  }
  if (type === "NS") {
    for (const [index, member] of members.entries()) members[index] = normalizeNumber(member);
  }
  if (new Set(members).size === members.length) return;
  if (type === "NS") throw validationError("Input collection contains duplicates");
  throw validationError(
    `One or more parameter values were invalid: Input collection [${members.join(", ")}]${type === "BS" ? "of type BS" : ""} contains duplicates.`,
  );
}

/** Bytes of the whole item, names included, by DynamoDB's rules. */
export function itemSize(item: EngineItem): number {
  let size = 0;
  for (const name of Object.keys(item)) size += attributeSize(item, name);
  return size;
}

/** Bytes of an attribute, its name included; 0 where there is none. */
export function attributeSize(item: EngineItem, name: string): number {
  const value = attribute(item, name);
  return value === undefined ? 0 : Buffer.byteLength(name) + valueSize(value);
}

function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberSize(value.N);
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1;
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemSize(value.M);
  if (value.L !== undefined) {
    return value.L.reduce((size, member) => size + 1 + valueSize(member), 3);
  }
  if (value.B !== undefined) return binarySize(value.B);
  if (value.SS !== undefined) {
    return value.SS.reduce((size, member) => size + Buffer.byteLength(member), 0);
  }
  if (value.NS !== undefined) {
    return value.NS.reduce((size, member) => size + numberSize(member), 0);
  }
  return (value.BS ?? []).reduce((size, member) => size + binarySize(member), 0);
}

const binarySize = (base64: string) => Buffer.byteLength(base64, "base64");

/** Deep equality: sets without order, numbers by value (both are in normal form). */
export function equalValues(a: AttributeValue, b: AttributeValue): boolean {
  const type = typeOf(a);
  if (type !== typeOf(b)) return false;
  if (type === "SS" || type === "NS" || type === "BS") {
    return equalSets(a[type] ?? [], b[type] ?? []);
  }
  if (type === "L") return equalLists(a.L ?? [], b.L ?? []);
  if (type === "M") return equalMaps(a.M ?? {}, b.M ?? {});
  return a[type] === b[type];
}

function equalLists(a: readonly AttributeValue[], b: readonly AttributeValue[]): boolean {
  return (
    a.length === b.length &&
    a.every((member, index) => {
      const other = b[index];
      return other !== undefined && equalValues(member, other);
    })
  );
}

function equalMaps(a: EngineItem, b: EngineItem): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [one, other] = [attribute(a, name), attribute(b, name)];
      return one !== undefined && other !== undefined && equalValues(one, other);
    })
  );
}

function equalSets(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const members = new Set(a);
  return b.every((member) => members.has(member));
}

/** Negative, zero or positive for two values of the same ordered type (S, N, B); undefined where there is no order. */
export function compareValues(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.S !== undefined && b.S !== undefined) return compareTexts(a.S, b.S);
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N);
  if (a.B !== undefined && b.B !== undefined) {
    return Buffer.compare(Buffer.from(a.B, "base64"), Buffer.from(b.B, "base64"));
  }
  return undefined;
}

/** Order of the UTF-8 bytes, which is not JavaScript's order where surrogates meet. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
