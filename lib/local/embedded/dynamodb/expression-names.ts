import type { Tokens } from "./expression-tokens.ts";
import { reservedWords } from "./reserved-words.ts";

/** The placeholders of one request and which of them its expressions use. */
export class Names {
  readonly #given: Readonly<Record<string, string>>;
  /** The #names that were resolved. */
  readonly usedNames = new Set<string>();
  /** The :values that were met. */
  readonly usedValues = new Set<string>();

  constructor(given: Readonly<Record<string, string>>) {
    this.#given = given;
  }

  /** The attribute name behind a #name. */
  resolve(placeholder: string, tokens: Tokens): string {
    const name = Object.hasOwn(this.#given, placeholder) ? this.#given[placeholder] : undefined;
    if (name === undefined) {
      throw tokens.invalid(
        `An expression attribute name used in the document path is not defined; attribute name: ${placeholder}`,
      );
    }
    this.usedNames.add(placeholder);
    return name;
  }

  /** Refuses an attribute name written without placeholder that is a reserved word. */
  checkPlain(name: string, tokens: Tokens): void {
    if (reservedWords.has(name.toUpperCase())) {
      throw tokens.invalid(`Attribute name is a reserved keyword; reserved keyword: ${name}`);
    }
  }

  /** Notes the use of a :value. */
  value(placeholder: string): string {
    this.usedValues.add(placeholder);
    return placeholder;
  }
}
