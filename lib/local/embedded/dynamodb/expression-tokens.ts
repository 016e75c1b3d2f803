import { validationError } from "../aws-error.ts";

/** One token: an attribute name or keyword, a #name, a :value, digits, or a sign. */
export interface Token {
  readonly kind: "name" | "name_placeholder" | "value_placeholder" | "digits" | "sign" | "end";
  readonly text: string;
  /** Where it stands in the expression. */
  readonly start: number;
}

const tokenPattern =
  /\s*(?:(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|([A-Za-z][A-Za-z0-9_]*)|(0|[1-9]\d*)|(<>|<=|>=|[=<>()[\].,+-]))/y;

/** The tokens of one expression, read one after another. */
export class Tokens {
  readonly #parameter: string;
  readonly #expression: string;
  readonly #tokens: readonly Token[];
  #position = 0;

  /** `parameter` is the name of the request's field, for messages. */
  constructor(parameter: string, expression: string) {
    this.#parameter = parameter;
    this.#expression = expression;
    if (expression === "") throw this.invalid("The expression can not be empty;");
    this.#tokens = this.#split(expression);
  }

  /** The next token, or the one `offset` tokens after it, without taking it. */
  peek(offset = 0): Token {
    return (
      this.#tokens[this.#position + offset] ?? {
        kind: "end",
        text: "<EOF>",
        start: this.#expression.length,
      }
    );
  }

  next(): Token {
    const token = this.peek();
    this.#position += 1;
    return token;
  }

  /** Takes the next token and gives true when it is that sign. */
  takeSign(text: string): boolean {
    const token = this.peek();
    if (token.kind !== "sign" || token.text !== text) return false;
    this.#position += 1;
    return true;
  }

  expectSign(text: string): void {
    if (!this.takeSign(text)) throw this.syntaxError();
  }

  /** Takes the next token and gives true when it is that keyword, in any case. */
  takeWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.#position += 1;
    return true;
  }

  isWord(word: string): boolean {
    const token = this.peek();
    return token.kind === "name" && token.text.toUpperCase() === word;
  }

  expectEnd(): void {
    if (this.peek().kind !== "end") throw this.syntaxError();
  }

  /** The error for the next token. */
  syntaxError(): Error {
    const token = this.peek();
    const from =
      this.#tokens[this.#position - 1]?.start ?? (token.kind === "end" ? 0 : token.start);
    const last = this.peek(1);
    const to = last.kind === "end" ? this.#expression.length : last.start + last.text.length;
    const near = this.#expression.slice(from, to);
    return this.invalid(`Syntax error; token: "${token.text}", near: "${near}"`);
  }

  /** A ValidationException about this expression. */
  invalid(message: string): Error {
    return validationError(`Invalid ${this.#parameter}: ${message}`);
  }

  #split(expression: string): Token[] {
    const tokens: Token[] = [];
    const end = expression.trimEnd().length;
    tokenPattern.lastIndex = 0;
    while (tokenPattern.lastIndex < end) {
      const from = tokenPattern.lastIndex;
      const match = tokenPattern.exec(expression);
      if (match === null) throw this.#unknownToken(from, tokens.at(-1));
      tokens.push(toToken(match));
    }
    return tokens;
  }

  #unknownToken(from: number, before: Token | undefined): Error {
    const start = from + (/\S/.exec(this.#expression.slice(from))?.index ?? 0);
    const text = this.#expression.slice(start, start + 1);
    tokenPattern.lastIndex = start + 1;
    const next = tokenPattern.exec(this.#expression);
    const end = start + 1 + (next?.[0].length ?? 0);
    const near = this.#expression.slice(before?.start ?? start, end);
    return this.invalid(`Syntax error; token: "${text}", near: "${near}"`);
  }
}

function toToken(match: RegExpExecArray): Token {
  const [whole, name, value, word, digits, sign = ""] = match;
  const text = name ?? value ?? word ?? digits ?? sign;
  const start = match.index + whole.length - text.length;
  if (name !== undefined) return { kind: "name_placeholder", text, start };
  if (value !== undefined) return { kind: "value_placeholder", text, start };
  if (word !== undefined) return { kind: "name", text, start };
  return { kind: digits === undefined ? "sign" : "digits", text, start };
}
