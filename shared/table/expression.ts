import type { Change, Condition } from "./condition.ts";
import { toWire } from "./wire.ts";

/** Collects the placeholders of one call. Names are always aliased, because many of ours are reserved words. */
export class Placeholders {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, unknown> = {};
  #nameOf = new Map<string, string>();
  #count = 0;

  name(attribute: string): string {
    const known = this.#nameOf.get(attribute);
    if (known) return known;
    const alias = `#${this.#nameOf.size}`;
    this.#nameOf.set(attribute, alias);
    this.names[alias] = attribute;
    return alias;
  }

  value(value: unknown): string {
    const alias = `:${this.#count++}`;
    this.values[alias] = value;
    return alias;
  }

  /** The fields of a call: absent where nothing was used, since DynamoDB refuses empty ones. */
  fields() {
    return {
      ...(this.#nameOf.size > 0 && { ExpressionAttributeNames: this.names }),
      ...(this.#count > 0 && { ExpressionAttributeValues: toWire(this.values) }),
    };
  }
}

/** A condition as an expression. */
export function conditionExpression(condition: Condition, use: Placeholders): string {
  switch (condition.is) {
    case "exists":
      return `attribute_exists(${use.name(condition.attribute)})`;
    case "missing":
      return `attribute_not_exists(${use.name(condition.attribute)})`;
    case "below attribute":
      return `${use.name(condition.attribute)} < ${use.name(condition.other)}`;
    case "and":
    case "or": {
      const parts = condition.parts.map((part) => conditionExpression(part, use));
      // DynamoDB refuses redundant parentheses.
      if (parts.length === 1) return parts.join("");
      return parts.map((part) => `(${part})`).join(condition.is === "and" ? " AND " : " OR ");
    }
    case "=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return `${use.name(condition.attribute)} ${condition.is} ${use.value(condition.value)}`;
  }
}

/** A change as an update expression; undefined when it changes nothing. Undefined values are left out. */
export function updateExpression(change: Change, use: Placeholders): string | undefined {
  const set = [
    ...Object.entries(change.set ?? {})
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${use.name(name)} = ${use.value(value)}`),
    ...Object.entries(change.setIfMissing ?? {}).map(
      ([name, value]) =>
        `${use.name(name)} = if_not_exists(${use.name(name)}, ${use.value(value)})`,
    ),
  ];
  const add = Object.entries(change.add ?? {}).map(
    ([name, value]) => `${use.name(name)} ${use.value(value)}`,
  );
  const remove = (change.remove ?? []).map((name) => use.name(name));
  const clauses = [
    set.length > 0 && `SET ${set.join(", ")}`,
    add.length > 0 && `ADD ${add.join(", ")}`,
    remove.length > 0 && `REMOVE ${remove.join(", ")}`,
  ].filter(Boolean);
  return clauses.length > 0 ? clauses.join(" ") : undefined;
}
