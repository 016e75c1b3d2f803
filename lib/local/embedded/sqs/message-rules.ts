import { hash } from "node:crypto";
import { asRecord, type Input, isRecord, readInteger, readRecord, readText } from "../wire.ts";
import { invalidParameter, missingParameter, SqsError } from "./sqs-error.ts";

/** A message attribute as it came. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** What a message carries besides its body. */
export interface MessageDetails {
  attributes?: Record<string, MessageAttribute>;
  attributes_md5?: string;
  group_id?: string;
  trace_header?: string;
  /** ARN of the queue it was moved from. */
  dead_letter_source?: string;
}

/** A checked message to be stored. */
export interface NewMessage {
  readonly body: string;
  readonly bodyMd5: string;
  readonly delaySeconds: number | undefined;
  readonly details: MessageDetails | undefined;
  /** Body and attributes. */
  readonly bytes: number;
}

// https://www.w3.org/TR/REC-xml/#charsets
// oxlint-disable-next-line no-control-regex -- these control characters are what the rule is about
const illegalCharacter = /[^\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** Reads and checks one message of SendMessage or of a batch. */
export function readMessage(input: Input): NewMessage {
  const body = readText(input, "MessageBody");
  if (body === undefined) throw missingParameter("MessageBody");
  if (body === "") throw missingParameter("MessageBody");
  checkCharacters(body);
  const delay = readInteger(input, "DelaySeconds");
  if (delay !== undefined && (delay < 0 || delay > 900)) {
    throw invalidParameter(
      `Value ${delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`,
    );
  }
  if (input["MessageDeduplicationId"] !== undefined) {
    throw invalidParameter(
      "The request includes a parameter that is not valid for this queue type: MessageDeduplicationId",
    );
  }
  const { details, bytes } = readDetails(input);
  return {
    body,
    bodyMd5: hash("md5", body, "hex"),
    delaySeconds: delay,
    details,
    bytes: Buffer.byteLength(body) + bytes,
  };
}

/** Refuses a message longer than the queue takes. */
export function checkSize(bytes: number, most: number): void {
  if (bytes > most) {
    throw invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${most} bytes.`,
    );
  }
}

function checkCharacters(text: string): void {
  if (illegalCharacter.test(text)) {
    throw new SqsError(
      "InvalidMessageContents",
      "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | [#x20 to #xD7FF] | [#xE000 to #xFFFD] | [#x10000 to #x10FFFF].",
    );
  }
}

function readDetails(input: Input): { details: MessageDetails | undefined; bytes: number } {
  const details: MessageDetails = {};
  let bytes = 0;
  const group = readText(input, "MessageGroupId");
  if (group !== undefined) {
    if (!/^[!-~]{1,128}$/.test(group)) {
      throw invalidParameter(
        `Value ${group} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
      );
    }
    details.group_id = group;
  }
  const system = readRecord(input, "MessageSystemAttributes")?.["AWSTraceHeader"];
  const trace = isRecord(system) ? readText(system, "StringValue") : undefined;
  if (trace !== undefined) details.trace_header = trace;
  const attributes = readRecord(input, "MessageAttributes");
  if (attributes !== undefined && Object.keys(attributes).length > 0) {
    details.attributes = readAttributes(attributes);
    details.attributes_md5 = attributesMd5(details.attributes);
    bytes = attributesSize(details.attributes);
  }
  return { details: Object.keys(details).length === 0 ? undefined : details, bytes };
}

function readAttributes(given: Record<string, unknown>): Record<string, MessageAttribute> {
  const names = Object.keys(given);
  if (names.length > 10) {
    throw invalidParameter(
      `Number of message attributes [${names.length}] exceeds the allowed maximum [10].`,
    );
  }
  const attributes: Record<string, MessageAttribute> = {};
  for (const name of names) {
    if (!/^[A-Za-z0-9_.-]{1,256}$/.test(name)) {
      throw invalidParameter(
        `Message (user) attribute name '${name}' contains characters that are not allowed.`,
      );
    }
    const value = asRecord(given[name]);
    const type = readText(value, "DataType") ?? "";
    if (!/^(?:String|Number|Binary)(?:\.[^]{1,240})?$/.test(type)) {
      throw invalidParameter(
        `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
      );
    }
    const text = readText(value, "StringValue");
    const binary = readText(value, "BinaryValue");
    const content = type.startsWith("Binary") ? binary : text;
    if (content === undefined || content === "") {
      throw invalidParameter(
        `The message (user) attribute '${name}' must contain a non-empty value of its type.`,
      );
    }
    if (text !== undefined) checkCharacters(text);
    attributes[name] = type.startsWith("Binary")
      ? { DataType: type, BinaryValue: content }
      : { DataType: type, StringValue: content };
  }
  return attributes;
}

function attributesSize(attributes: Readonly<Record<string, MessageAttribute>>): number {
  let size = 0;
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    size +=
      Buffer.byteLength(name) +
      Buffer.byteLength(DataType) +
      (BinaryValue === undefined
        ? Buffer.byteLength(StringValue ?? "")
        : Buffer.byteLength(BinaryValue, "base64"));
  }
  return size;
}

/** MD5 of attributes by the rules in the SQS developer guide, "Calculating the MD5 message digest for message attributes". */
export function attributesMd5(attributes: Readonly<Record<string, MessageAttribute>>): string {
  const parts: Buffer[] = [];
  const add = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  };
  const names = Object.keys(attributes).toSorted((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  for (const name of names) {
    const attribute = attributes[name];
    if (attribute === undefined) continue;
    add(Buffer.from(name));
    add(Buffer.from(attribute.DataType));
    const isBinary = attribute.BinaryValue !== undefined;
    parts.push(Buffer.from([isBinary ? 2 : 1]));
    add(
      isBinary
        ? Buffer.from(attribute.BinaryValue ?? "", "base64")
        : Buffer.from(attribute.StringValue ?? ""),
    );
  }
  return hash("md5", Buffer.concat(parts), "hex");
}
