/** Members that are bytes to the SDK and base64 in JSON: of DynamoDB's values, and of SQS's message attributes. */
const bytesNames: ReadonlySet<string> = new Set(["B", "BS", "BinaryValue"]);

/**
 * A command's input as JSON would carry it: a copy, with bytes in base64 and without what is undefined or null. Nothing in
 * its values keeps more in memory than itself.
 */
export function encoded(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  }
  if (Array.isArray(value)) return value.map(encodedText);
  const copy: Record<string, unknown> = {};
  // A cast that only gives names to what an object has.
  const members = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (member === undefined || member === null) continue;
    if (name === "S" || name === "N") copy[name] = encodedText(member);
    else if (name === "__proto__") defineMember(copy, name, encoded(member));
    else copy[name] = typeof member === "object" ? encoded(member) : member;
  }
  return copy;
}

/** V8 keeps the whole of a text for a part of it that has 13 characters or more, and rows stay in memory. */
const encodedText = (value: unknown) =>
  typeof value !== "string" || value.length < 13 ? encoded(value) : ` ${value}`.slice(1);

/**
 * What the engine gives, as the SDK gives it: a copy, with bytes in place of base64 and without what is undefined. Nobody
 * changes a stored row through it.
 */
export function decoded<T extends object>(value: T): T {
  // The copy has the members that a `T` has.
  return copyOf(value) as T;
}

function copyOf(value: object): object {
  if (Array.isArray(value)) return value.map(memberCopy);
  // A cast that only gives names to what an object has.
  const members = value as Readonly<Record<string, unknown>>;
  // Most of what is copied are values of items, and most of those are texts and numbers.
  const { S, N } = members;
  if (typeof S === "string") return { S };
  if (typeof N === "string") return { N };
  const copy: Record<string, unknown> = {};
  for (const name in members) {
    const member = members[name];
    if (member === undefined) continue;
    // An attribute may have the name of a type too; then its value is an object.
    if (typeof member === "string") copy[name] = bytesNames.has(name) ? bytesOf(member) : member;
    else if (name === "BS" && Array.isArray(member)) copy[name] = member.map(bytesOf);
    else if (name === "__proto__") defineMember(copy, name, memberCopy(member));
    else copy[name] = memberCopy(member);
  }
  return copy;
}

const memberCopy = (member: unknown) =>
  typeof member === "object" && member !== null ? copyOf(member) : member;

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
