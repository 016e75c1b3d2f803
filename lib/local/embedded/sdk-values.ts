/** Members that are bytes to the SDK and base64 in JSON: of DynamoDB's values, and of SQS's message attributes. */
const bytesNames: ReadonlySet<string> = new Set(["B", "BS", "BinaryValue"]);
const mayHaveBytes = /"(?:BS?|BinaryValue)":["[]/;

/** A command's input as JSON would carry it: a copy, with bytes in base64 and without what is undefined or null. */
export function encoded(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  }
  if (Array.isArray(value)) return value.map(encoded);
  const copy: Record<string, unknown> = {};
  // A cast that only gives names to what an object has.
  const members = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (member === undefined || member === null) continue;
    if (name === "__proto__") defineMember(copy, name, encoded(member));
    else copy[name] = typeof member === "object" ? encoded(member) : member;
  }
  return copy;
}

/** The answer in a JSON text as the SDK gives it. */
export function parseAnswer(text: string): object {
  // The engine answers with objects only.
  const answer = JSON.parse(text) as object;
  // Looking into every value takes longer than parsing them.
  return mayHaveBytes.test(text) ? decoded(answer) : answer;
}

/** Turns base64 into bytes where the SDK does, in place. */
export function decoded<T extends object>(value: T): T {
  if (Array.isArray(value)) {
    for (const member of value) if (isObject(member)) decoded(member);
    return value;
  }
  // As above.
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members)) {
    const member = members[name];
    // An attribute may have such a name too; then its value is an object.
    if (bytesNames.has(name) && typeof member === "string") members[name] = bytesOf(member);
    else if (name === "BS" && Array.isArray(member)) members[name] = member.map(bytesOf);
    else if (isObject(member)) decoded(member);
  }
  return value;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Not a Buffer, which tests and JSON tell apart. */
function bytesOf(base64: string): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(base64, "base64");
  return new Uint8Array(buffer, byteOffset, length);
}

function defineMember(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
