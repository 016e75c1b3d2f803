import { operandCounts } from "./condition-expression.ts";
import { checkDisjoint, type DocumentPath, readPath, startsPath } from "./document-path.ts";
import type { Names } from "./expression-names.ts";
import { Tokens } from "./expression-tokens.ts";

/** The right side of a SET. */
export type UpdateOperand =
  | { readonly kind: "path"; readonly path: DocumentPath }
  | { readonly kind: "value"; readonly name: string }
  | {
      readonly kind: "if_not_exists";
      readonly path: DocumentPath;
      readonly otherwise: UpdateOperand;
    }
  | {
      readonly kind: "list_append" | "+" | "-";
      readonly left: UpdateOperand;
      readonly right: UpdateOperand;
    };

/** One clause of an update. */
export type UpdateAction =
  | { readonly kind: "SET"; readonly path: DocumentPath; readonly operand: UpdateOperand }
  | { readonly kind: "REMOVE"; readonly path: DocumentPath }
  | { readonly kind: "ADD" | "DELETE"; readonly path: DocumentPath; readonly value: string };

const sections = ["SET", "REMOVE", "ADD", "DELETE"] as const;
type Section = (typeof sections)[number];

/** Parses an UpdateExpression and refuses overlapping paths. */
export function parseUpdate(expression: string, names: Names): readonly UpdateAction[] {
  const tokens = new Tokens("UpdateExpression", expression);
  const parser = new UpdateParser(tokens, names);
  const actions = parser.whole();
  checkDisjoint(
    actions.map((action) => action.path),
    tokens,
  );
  return actions;
}

class UpdateParser {
  readonly #tokens: Tokens;
  readonly #names: Names;

  constructor(tokens: Tokens, names: Names) {
    this.#tokens = tokens;
    this.#names = names;
  }

  whole(): UpdateAction[] {
    const actions: UpdateAction[] = [];
    const seen = new Set<Section>();
    while (this.#tokens.peek().kind !== "end") {
      const section = sections.find((word) => this.#tokens.takeWord(word));
      if (section === undefined) throw this.#tokens.syntaxError();
      if (seen.has(section)) {
        throw this.#tokens.invalid(
          `The "${section}" section can only be used once in an update expression;`,
        );
      }
      seen.add(section);
      do actions.push(this.#action(section));
      while (this.#tokens.takeSign(","));
    }
    return actions;
  }

  #action(section: Section): UpdateAction {
    const path = readPath(this.#tokens, this.#names);
    if (section === "REMOVE") return { kind: section, path };
    if (section === "SET") {
      this.#tokens.expectSign("=");
      return { kind: section, path, operand: this.#sum() };
    }
    return { kind: section, path, value: this.#value() };
  }

  #value(): string {
    const token = this.#tokens.peek();
    if (token.kind !== "value_placeholder") throw this.#tokens.syntaxError();
    this.#tokens.next();
    return this.#names.value(token.text);
  }

  #sum(): UpdateOperand {
    const left = this.#operand();
    if (this.#tokens.takeSign("+")) return { kind: "+", left, right: this.#operand() };
    if (this.#tokens.takeSign("-")) return { kind: "-", left, right: this.#operand() };
    return left;
  }

  #operand(): UpdateOperand {
    const token = this.#tokens.peek();
    if (token.kind === "value_placeholder") return { kind: "value", name: this.#value() };
    if (this.#tokens.takeSign("(")) {
      const inner = this.#sum();
      this.#tokens.expectSign(")");
      return inner;
    }
    const after = this.#tokens.peek(1);
    if (token.kind === "name" && after.kind === "sign" && after.text === "(") {
      return this.#function();
    }
    if (!startsPath(this.#tokens)) throw this.#tokens.syntaxError();
    return { kind: "path", path: readPath(this.#tokens, this.#names) };
  }

  #function(): UpdateOperand {
    const name = this.#tokens.next().text;
    this.#tokens.expectSign("(");
    const operands: UpdateOperand[] = [];
    do operands.push(this.#operand());
    while (this.#tokens.takeSign(","));
    this.#tokens.expectSign(")");
    const [first, second] = operands;
    if (name !== "if_not_exists" && name !== "list_append") {
      throw this.#tokens.invalid(
        operandCounts.has(name)
          ? `The function is not allowed in an update expression; function: ${name}`
          : `Invalid function name; function: ${name}`,
      );
    }
    if (first === undefined || second === undefined || operands.length !== 2) {
      throw this.#tokens.invalid(
        "Incorrect number of operands for operator or function; " +
          `operator or function: ${name}, number of operands: ${operands.length}`,
      );
    }
    if (name === "list_append") return { kind: name, left: first, right: second };
    if (first.kind !== "path") {
      throw this.#tokens.invalid(
        `Operator or function requires a document path; operator or function: ${name}`,
      );
    }
    return { kind: name, path: first.path, otherwise: second };
  }
}
