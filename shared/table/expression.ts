import type { Change, Condition } from "./condition.ts";
import { toWire } from "./wire.ts";

// The same texts for every call: a new one would be looked up among all names of the process.
const nameAliases: string[] = [];
const valueAliases: string[] = [];

/** Collects the placeholders of one call. Names are always aliased, because many of ours are reserved words. */
export class Placeholders {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, unknown> = {};
  readonly #attributes: string[] = [];
  #count = 0;

  name(attribute: string): string {
    const known = this.#attributes.indexOf(attribute);
    const n = known < 0 ? this.#attributes.push(attribute) - 1 : known;
    const alias = (nameAliases[n] ??= `#${n}`);
    if (known < 0) this.names[alias] = attribute;
    return alias;
  }

  value(value: unknown): string {
    const n = this.#count++;
    const alias = (valueAliases[n] ??= `:${n}`);
    this.values[alias] = value;
    return alias;
  }

  /** The fields of a call: absent where nothing was used, since DynamoDB refuses empty ones. */
  fields() {
    return {
      ...(this.#attributes.length > 0 && { ExpressionAttributeNames: this.names }),
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
  const { set = {}, setIfMissing = {}, add = {}, remove = [] } = change;
  const setting = Object.keys(set).flatMap((name) =>
    set[name] === undefined ? [] : `${use.name(name)} = ${use.value(set[name])}`,
  );
  for (const name of Object.keys(setIfMissing)) {
    const alias = use.name(name);
    setting.push(`${alias} = if_not_exists(${alias}, ${use.value(setIfMissing[name])})`);
  }
  const adding = Object.keys(add).map((name) => `${use.name(name)} ${use.value(add[name])}`);
  const removing = remove.map((name) => use.name(name));
  const clauses = [clause("SET", setting), clause("ADD", adding), clause("REMOVE", removing)];
  return clauses.filter(Boolean).join(" ") || undefined;
}

const clause = (word: string, parts: readonly string[]) =>
  parts.length > 0 && `${word} ${parts.join(", ")}`;
