import { validationError } from "../aws-error.ts";

/** One token: an attribute name or keyword, a #name, a :value, digits, or a sign. */
export interface Token {
  readonly kind: "name" | "name_placeholder" | "value_placeholder" | "digits" | "sign" | "end";
  readonly text: string;
}

const TOKEN =
  /\s*(?:(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|([A-Za-z_][A-Za-z0-9_]*)|(\d+)|(<>|<=|>=|[=<>()[\].,+-]))/y;

/** Reads the tokens of one expression one after another. */
export class Tokens {
  readonly #parameter: string;
  readonly #tokens: readonly Token[];
  #position = 0;

  /** `parameter` is the name of the request's field, for messages. */
  constructor(parameter: string, expression: string) {
    this.#parameter = parameter;
    if (expression.trim() === "") throw this.invalid("The expression can not be empty;");
    this.#tokens = this.#split(expression);
  }

  /** The token ahead, `offset` tokens further. */
  peek(offset = 0): Token {
    return this.#tokens[this.#position + offset] ?? { kind: "end", text: "<EOF>" };
  }

  next(): Token {
    const token = this.peek();
    this.#position += 1;
    return token;
  }

  /** True and consumed when the sign is ahead. */
  takeSign(text: string): boolean {
    const token = this.peek();
    if (token.kind !== "sign" || token.text !== text) return false;
    this.#position += 1;
    return true;
  }

  expectSign(text: string): void {
    if (!this.takeSign(text)) throw this.syntaxError();
  }

  /** True and consumed when the keyword is ahead (any case). */
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

  /** The error for the token ahead. */
  syntaxError(): Error {
    const near = [this.#tokens[this.#position - 1], this.peek(), this.#tokens[this.#position + 1]]
      .filter((token) => token !== undefined && token.kind !== "end")
      .map((token) => token?.text)
      .join(" ");
    return this.invalid(`Syntax error; token: "${this.peek().text}", near: "${near}"`);
  }

  /** A ValidationException about this expression. */
  invalid(message: string): Error {
    return validationError(`Invalid ${this.#parameter}: ${message}`);
  }

  #split(expression: string): Token[] {
    const tokens: Token[] = [];
    const end = expression.trimEnd().length;
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < end) {
      const start = TOKEN.lastIndex;
      const match = TOKEN.exec(expression);
      if (match === null) {
        const rest = expression.slice(start).trimStart();
        const bad = /^[#:]?[^\s#:=<>()[\].,+-]*/.exec(rest)?.[0] ?? "";
        const token = bad === "" ? rest.slice(0, 1) : bad;
        const near = [tokens.at(-1)?.text, rest.slice(0, 20)].filter(Boolean).join(" ");
        throw this.invalid(`Syntax error; token: "${token}", near: "${near}"`);
      }
      tokens.push(toToken(match));
    }
    return tokens;
  }
}

function toToken(match: RegExpExecArray): Token {
  if (match[1] !== undefined) return { kind: "name_placeholder", text: match[1] };
  if (match[2] !== undefined) return { kind: "value_placeholder", text: match[2] };
  if (match[3] !== undefined) return { kind: "name", text: match[3] };
  if (match[4] !== undefined) return { kind: "digits", text: match[4] };
  return { kind: "sign", text: match[5] ?? "" };
}
