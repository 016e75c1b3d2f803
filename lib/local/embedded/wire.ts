import { AwsError } from "./aws-error.ts";

/** An HTTP request as the AWS SDK hands it to its request handler. */
export interface HandlerRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An HTTP answer as the AWS SDK takes it. */
export interface HandlerResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/** The parsed body of a request: nothing in it has been checked. */
export type Input = Readonly<Record<string, unknown>>;

/**
 * An answer as an object that JSON can carry; members that are undefined are left out. Items in it are the engine's own:
 * nobody may change them.
 */
export type Answer = Readonly<Record<string, unknown>>;

/** True for JSON objects (not arrays, not null). */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const serializationError = (message: string) => new AwsError("SerializationException", message);

/** The field as a string, undefined when absent; SerializationException for another type. */
export function readText(input: Input, field: string): string | undefined {
  const value = input[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") {
    throw serializationError(`${kindOf(value)} cannot be converted to String`);
  }
  return value;
}

/** The field as a whole number, undefined when absent; SerializationException for another type. */
export function readInteger(input: Input, field: string): number | undefined {
  const value = input[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number") {
    throw serializationError(`${kindOf(value)} cannot be converted to Integer`);
  }
  return Math.trunc(value);
}

/** The field as a boolean, undefined when absent; SerializationException for another type. */
export function readFlag(input: Input, field: string): boolean | undefined {
  const value = input[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") {
    throw serializationError(`${kindOf(value)} cannot be converted to Boolean`);
  }
  return value;
}

/** The field as an object, undefined when absent; SerializationException for another type. */
export function readRecord(input: Input, field: string): Record<string, unknown> | undefined {
  const value = input[field];
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw serializationError("Unexpected field type");
  return value;
}

/** The field as a list, undefined when absent; SerializationException for another type. */
export function readList(input: Input, field: string): readonly unknown[] | undefined {
  const value = input[field];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw serializationError("Unexpected field type");
  return value;
}

/** The field as a map of strings, undefined when absent; SerializationException for another type. */
export function readTextMap(input: Input, field: string): Record<string, string> | undefined {
  const value = readRecord(input, field);
  if (value === undefined) return undefined;
  const texts: Record<string, string> = {};
  for (const key of Object.keys(value)) {
    const text = readText(value, key);
    if (text !== undefined) texts[key] = text;
  }
  return texts;
}

/** The list member as an object; SerializationException for another type. */
export function asRecord(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw serializationError("Unexpected value type in payload");
  return value;
}

function kindOf(value: unknown): string {
  if (typeof value === "string") return "STRING_VALUE";
  if (typeof value === "number") return "NUMBER_VALUE";
  if (typeof value === "boolean") return value ? "TRUE_VALUE" : "FALSE_VALUE";
  return "Start of structure or map";
}
