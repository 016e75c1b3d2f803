import type { AttributeValue } from "./attribute-value.ts";
import { type DocumentPath, readPath, showPath, startsPath } from "./document-path.ts";
import type { Names } from "./expression-names.ts";
import { Tokens } from "./expression-tokens.ts";

/** What an expression compares: a place in the item, a :value, or the size of something. */
export type Operand =
  | { readonly kind: "path"; readonly path: DocumentPath }
  | { readonly kind: "value"; readonly name: string }
  | { readonly kind: "size"; readonly of: Operand };

/** The comparison signs. */
export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

/** The functions that are true or false. */
export type Test =
  "attribute_exists" | "attribute_not_exists" | "attribute_type" | "begins_with" | "contains";

/** The tree of a condition, filter or key condition. */
export type EngineCondition =
  | { readonly kind: "and" | "or"; readonly left: EngineCondition; readonly right: EngineCondition }
  | { readonly kind: "not"; readonly inner: EngineCondition }
  | {
      readonly kind: "compare";
      readonly comparator: Comparator;
      readonly left: Operand;
      readonly right: Operand;
    }
  | {
      readonly kind: "between";
      readonly value: Operand;
      readonly low: Operand;
      readonly high: Operand;
    }
  | { readonly kind: "in"; readonly value: Operand; readonly choices: readonly Operand[] }
  | { readonly kind: "test"; readonly test: Test; readonly operands: readonly Operand[] };

/** The functions of conditions, and how many operands each takes. */
export const operandCounts: ReadonlyMap<string, number> = new Map([
  ["attribute_exists", 1],
  ["attribute_not_exists", 1],
  ["attribute_type", 2],
  ["begins_with", 2],
  ["contains", 2],
  ["size", 1],
]);

/** Most operands of IN. */
const maxChoices = 100;

/** Parses a ConditionExpression, FilterExpression or KeyConditionExpression (`parameter`). */
export function parseCondition(
  parameter: string,
  expression: string,
  names: Names,
): EngineCondition {
  return new ConditionParser(new Tokens(parameter, expression), names).whole();
}

class ConditionParser {
  readonly #tokens: Tokens;
  readonly #names: Names;

  constructor(tokens: Tokens, names: Names) {
    this.#tokens = tokens;
    this.#names = names;
  }

  whole(): EngineCondition {
    const condition = this.#condition(this.#or());
    this.#tokens.expectEnd();
    return condition;
  }

  #or(): EngineCondition | Operand {
    let left = this.#and();
    while (this.#tokens.takeWord("OR")) {
      const first = this.#condition(left);
      left = { kind: "or", left: first, right: this.#condition(this.#and()) };
    }
    return left;
  }

  #and(): EngineCondition | Operand {
    let left = this.#not();
    while (this.#tokens.takeWord("AND")) {
      const first = this.#condition(left);
      left = { kind: "and", left: first, right: this.#condition(this.#not()) };
    }
    return left;
  }

  #not(): EngineCondition | Operand {
    if (this.#tokens.takeWord("NOT")) return { kind: "not", inner: this.#condition(this.#not()) };
    const first = this.#primary();
    if (!this.#comparesNext()) return first;
    if (!isOperand(first)) {
      if (first.kind === "test") throw this.#misused(first.test);
      throw this.#tokens.syntaxError();
    }
    return this.#comparison(first);
  }

  #comparesNext(): boolean {
    const { kind, text } = this.#tokens.peek();
    if (kind === "sign") return isComparator(text);
    return this.#tokens.isWord("BETWEEN") || this.#tokens.isWord("IN");
  }

  /** Parentheses hold conditions or operands; a pair right inside another pair is refused. */
  #primary(): EngineCondition | Operand {
    if (this.#tokens.takeSign("(")) {
      const { kind, text } = this.#tokens.peek();
      const opensTwice = kind === "sign" && text === "(";
      const inner = this.#or();
      if (opensTwice && this.#lastGroup === inner) {
        throw this.#tokens.invalid("The expression has redundant parentheses;");
      }
      this.#tokens.expectSign(")");
      this.#lastGroup = inner;
      return inner;
    }
    if (this.#isFunction() && this.#tokens.peek().text !== "size") return this.#test();
    return this.#operand();
  }

  // What the innermost parentheses just closed held.
  #lastGroup: EngineCondition | Operand | undefined;

  #condition(parsed: EngineCondition | Operand): EngineCondition {
    if (!isOperand(parsed)) return parsed;
    if (parsed.kind === "size") throw this.#misused("size");
    throw this.#tokens.syntaxError();
  }

  #misused(name: string): Error {
    return this.#tokens.invalid(
      `The function is not allowed to be used this way in an expression; function: ${name}`,
    );
  }

  #isFunction(): boolean {
    const after = this.#tokens.peek(1);
    return this.#tokens.peek().kind === "name" && after.kind === "sign" && after.text === "(";
  }

  #test(): EngineCondition {
    const test = this.#tokens.next().text;
    const operands = this.#arguments(test);
    if (!isTest(test)) throw this.#tokens.invalid(`Invalid function name; function: ${test}`);
    this.#checkTest(test, operands);
    return { kind: "test", test, operands };
  }

  #arguments(name: string): Operand[] {
    this.#tokens.expectSign("(");
    const operands: Operand[] = [];
    do operands.push(this.#operand());
    while (this.#tokens.takeSign(","));
    this.#tokens.expectSign(")");
    const expected = operandCounts.get(name);
    if (expected !== undefined && expected !== operands.length) {
      throw this.#tokens.invalid(
        "Incorrect number of operands for operator or function; " +
          `operator or function: ${name}, number of operands: ${operands.length}`,
      );
    }
    return operands;
  }

  #checkTest(test: Test, operands: readonly Operand[]): void {
    const [first, second] = operands;
    if (second !== undefined) this.#checkDistinct(test, first, [second]);
    if (
      (test === "attribute_exists" || test === "attribute_not_exists") &&
      first?.kind !== "path"
    ) {
      throw this.#tokens.invalid(
        `Operator or function requires a document path; operator or function: ${test}`,
      );
    }
  }

  #comparison(left: Operand): EngineCondition {
    const token = this.#tokens.peek();
    if (token.kind === "sign" && isComparator(token.text)) {
      this.#tokens.next();
      const right = this.#operand();
      this.#checkDistinct(token.text, left, [right]);
      return { kind: "compare", comparator: token.text, left, right };
    }
    if (this.#tokens.takeWord("BETWEEN")) {
      const low = this.#operand();
      if (!this.#tokens.takeWord("AND")) throw this.#tokens.syntaxError();
      const high = this.#operand();
      this.#checkDistinct("BETWEEN", left, [low, high]);
      return { kind: "between", value: left, low, high };
    }
    if (this.#tokens.takeWord("IN")) return this.#in(left);
    throw this.#tokens.syntaxError();
  }

  #in(value: Operand): EngineCondition {
    this.#tokens.expectSign("(");
    const choices: Operand[] = [];
    do choices.push(this.#operand());
    while (this.#tokens.takeSign(","));
    this.#tokens.expectSign(")");
    if (choices.length > maxChoices) {
      throw this.#tokens.invalid(
        `The IN operator is provided with too many operands; number of operands: ${choices.length}`,
      );
    }
    this.#checkDistinct("IN", value, choices);
    return { kind: "in", value, choices };
  }

  #checkDistinct(operator: string, first: Operand | undefined, rest: readonly Operand[]): void {
    if (first?.kind !== "path") return;
    const shown = showPath(first.path);
    if (rest.some((operand) => operand.kind === "path" && showPath(operand.path) === shown)) {
      throw this.#tokens.invalid(
        "The first operand must be distinct from the remaining operands for this operator or function; " +
          `operator: ${operator}, first operand: ${shown}`,
      );
    }
  }

  #operand(): Operand {
    const token = this.#tokens.peek();
    if (token.kind === "value_placeholder") {
      this.#tokens.next();
      return { kind: "value", name: this.#names.value(token.text) };
    }
    if (this.#tokens.takeSign("(")) {
      const operand = this.#operand();
      this.#tokens.expectSign(")");
      return operand;
    }
    if (this.#isFunction()) {
      this.#tokens.next();
      const operands = this.#arguments(token.text);
      if (token.text !== "size") {
        throw operandCounts.has(token.text)
          ? this.#misused(token.text)
          : this.#tokens.invalid(`Invalid function name; function: ${token.text}`);
      }
      const [of] = operands;
      if (of === undefined) throw this.#tokens.syntaxError();
      return { kind: "size", of };
    }
    if (!startsPath(this.#tokens)) throw this.#tokens.syntaxError();
    return { kind: "path", path: readPath(this.#tokens, this.#names) };
  }
}

const isOperand = (parsed: EngineCondition | Operand): parsed is Operand =>
  parsed.kind === "path" || parsed.kind === "value" || parsed.kind === "size";

const isTest = (name: string): name is Test => name !== "size" && operandCounts.has(name);

const isComparator = (text: string): text is Comparator =>
  ["=", "<>", "<", "<=", ">", ">="].includes(text);

/** The values of a request by placeholder. */
export type Values = Readonly<Record<string, AttributeValue>>;
