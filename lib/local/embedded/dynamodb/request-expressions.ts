import { validationError } from "../aws-error.ts";
import { type Input, readRecord, readText, readTextMap } from "../wire.ts";
import { checkValue } from "./attribute-value.ts";
import { checkOperands } from "./condition.ts";
import { type EngineCondition, parseCondition, type Values } from "./condition-expression.ts";
import { checkDisjoint, type DocumentPath, readPath } from "./document-path.ts";
import { Names } from "./expression-names.ts";
import { Tokens } from "./expression-tokens.ts";
import { parseUpdate, type UpdateAction } from "./update-expression.ts";
import { checkUpdateOperands } from "./update-operands.ts";

/** The fields of a request that hold expressions. */
export type ExpressionField =
  | "UpdateExpression"
  | "ConditionExpression"
  | "KeyConditionExpression"
  | "FilterExpression"
  | "ProjectionExpression";

/** The parsed expressions of one request. */
export interface Expressions {
  readonly update: readonly UpdateAction[] | undefined;
  readonly condition: EngineCondition | undefined;
  readonly keyCondition: EngineCondition | undefined;
  readonly filter: EngineCondition | undefined;
  readonly projection: readonly DocumentPath[] | undefined;
  readonly values: Values;
}

interface Parsed extends Omit<Expressions, "values"> {
  readonly usedValues: readonly string[];
}

const maxCached = 2_000;
const maxExpressionBytes = 4_096;
const noValues: Values = {};
const cache = new Map<string, Parsed>();

/**
 * Parses the request's expressions (once for each combination of texts and names), and checks them against its values:
 * placeholders that are missing or unused, reserved words, overlapping paths and impossible operand types are refused.
 */
export function readExpressions(input: Input, allowed: readonly ExpressionField[]): Expressions {
  const texts = allowed.map((field) => readText(input, field));
  const key = keyOf(allowed, texts, readRecord(input, "ExpressionAttributeNames"));
  const values = readValues(input);
  if (key === "" && values === undefined) return noExpressions;
  let parsed = cache.get(key);
  const names = parsed ? undefined : readTextMap(input, "ExpressionAttributeNames");
  if (names !== undefined) checkNames(texts, names);
  if (values !== undefined) checkPresence(allowed, texts);
  if (parsed === undefined) {
    parsed = parseAll(allowed, texts, names ?? {});
    if (cache.size >= maxCached) cache.clear();
    cache.set(key, parsed);
  }
  checkValues(parsed, values ?? noValues, input);
  return { ...parsed, values: values ?? noValues };
}

/** Different for different expressions and names: each text in it says how long it is. Empty where there are none. */
function keyOf(
  allowed: readonly ExpressionField[],
  texts: readonly (string | undefined)[],
  names: Input | undefined,
): string {
  let key = "";
  for (const [index, field] of allowed.entries()) {
    const text = texts[index];
    if (text !== undefined) key += `${field}${text.length}:${text}`;
  }
  if (names !== undefined) key += "names";
  for (const name in names) {
    const text = readText(names, name);
    if (text !== undefined) key += `${name.length}:${name}${text.length}:${text}`;
  }
  return key;
}

const noExpressions: Expressions = {
  update: undefined,
  condition: undefined,
  keyCondition: undefined,
  filter: undefined,
  projection: undefined,
  values: noValues,
};

function readValues(input: Input): Values | undefined {
  const given = readRecord(input, "ExpressionAttributeValues");
  if (given === undefined) return undefined;
  const names = Object.keys(given);
  if (names.length === 0) throw validationError("ExpressionAttributeValues must not be empty");
  const values: Record<string, ReturnType<typeof checked>> = {};
  for (const name of names) {
    if (!/^:[0-9a-zA-Z_]+$/.test(name)) {
      throw validationError(
        `ExpressionAttributeValues contains invalid key: Syntax error; key: "${name}"`,
      );
    }
    try {
      values[name] = checked(given[name]);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw validationError(
        `ExpressionAttributeValues contains invalid value: ${error.message} for key ${name}`,
      );
    }
  }
  return values;
}

function checked(value: unknown) {
  checkValue(value);
  return value;
}

function checkNames(
  texts: readonly (string | undefined)[],
  names: Readonly<Record<string, string>>,
): void {
  if (texts.every((text) => text === undefined)) {
    throw validationError("ExpressionAttributeNames can only be specified when using expressions");
  }
  const keys = Object.keys(names);
  if (keys.length === 0) throw validationError("ExpressionAttributeNames must not be empty");
  const bad = keys.find((key) => !/^#[0-9a-zA-Z_]+$/.test(key));
  if (bad !== undefined) {
    throw validationError(
      `ExpressionAttributeNames contains invalid key: Syntax error; key: "${bad}"`,
    );
  }
  const empty = keys.find((key) => names[key] === "");
  if (empty !== undefined) {
    throw validationError(
      `ExpressionAttributeNames contains invalid value: Empty attribute name for key ${empty}`,
    );
  }
}

/** Refuses values without an expression that could use them. */
function checkPresence(
  allowed: readonly ExpressionField[],
  texts: readonly (string | undefined)[],
): void {
  const takesValues = (field: ExpressionField) => field !== "ProjectionExpression";
  if (allowed.some((field, index) => takesValues(field) && texts[index] !== undefined)) return;
  const fields = allowed.filter(takesValues);
  throw validationError(
    "ExpressionAttributeValues can only be specified when using expressions: " +
      `${fields.join(" and ")} ${fields.length > 1 ? "are" : "is"} null`,
  );
}

function parseAll(
  allowed: readonly ExpressionField[],
  texts: readonly (string | undefined)[],
  given: Readonly<Record<string, string>>,
): Parsed {
  const names = new Names(given);
  const parse = <T>(field: ExpressionField, read: (text: string) => T): T | undefined => {
    const text = texts[allowed.indexOf(field)];
    if (text === undefined) return undefined;
    if (Buffer.byteLength(text) > maxExpressionBytes) {
      throw validationError(
        `Invalid ${field}: Expression size has exceeded the maximum allowed size; expression size: ${Buffer.byteLength(text)}`,
      );
    }
    return read(text);
  };
  const condition = (field: ExpressionField) =>
    parse(field, (text) => parseCondition(field, text, names));
  const parsed = {
    update: parse("UpdateExpression", (text) => parseUpdate(text, names)),
    condition: condition("ConditionExpression"),
    keyCondition: condition("KeyConditionExpression"),
    filter: condition("FilterExpression"),
    projection: parse("ProjectionExpression", (text) => parseProjection(text, names)),
    usedValues: [...names.usedValues],
  };
  const unused = Object.keys(given).filter((name) => !names.usedNames.has(name));
  if (unused.length > 0) {
    throw validationError(
      `Value provided in ExpressionAttributeNames unused in expressions: keys: {${unused.join(", ")}}`,
    );
  }
  return parsed;
}

function parseProjection(text: string, names: Names): readonly DocumentPath[] {
  const tokens = new Tokens("ProjectionExpression", text);
  const paths: DocumentPath[] = [];
  do paths.push(readPath(tokens, names));
  while (tokens.takeSign(","));
  tokens.expectEnd();
  checkDisjoint(paths, tokens);
  return paths;
}

function checkValues(parsed: Parsed, values: Values, input: Input): void {
  const missing = parsed.usedValues.find((name) => values[name] === undefined);
  if (missing !== undefined) throw undefinedValue(missing, input);
  const names = Object.keys(values);
  if (names.length !== parsed.usedValues.length) {
    const unused = names.filter((name) => !parsed.usedValues.includes(name));
    throw validationError(
      `Value provided in ExpressionAttributeValues unused in expressions: keys: {${unused.join(", ")}}`,
    );
  }
  if (parsed.update !== undefined) checkUpdateOperands(parsed.update, values);
  if (parsed.condition !== undefined) {
    checkOperands("ConditionExpression", parsed.condition, values);
  }
  if (parsed.keyCondition !== undefined) {
    checkOperands("KeyConditionExpression", parsed.keyCondition, values);
  }
  if (parsed.filter !== undefined) checkOperands("FilterExpression", parsed.filter, values);
}

function undefinedValue(name: string, input: Input): Error {
  const fields: readonly ExpressionField[] = [
    "UpdateExpression",
    "ConditionExpression",
    "KeyConditionExpression",
    "FilterExpression",
  ];
  const field = fields.find((candidate) => readText(input, candidate)?.includes(name));
  return validationError(
    `Invalid ${field ?? "expression"}: An expression attribute value used in expression is not defined; attribute value: ${name}`,
  );
}
