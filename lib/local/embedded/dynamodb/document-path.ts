import { attribute, type AttributeValue, type EngineItem } from "./attribute-value.ts";
import type { Names } from "./expression-names.ts";
import type { Tokens } from "./expression-tokens.ts";

/** A place in an item: attribute names and list positions. Never empty; the first element is a name. */
export type DocumentPath = readonly [string, ...(string | number)[]];

const maxPosition = 2_147_483_647;

/** Words of the language itself: where a name is due they are a syntax error. */
const keywords: ReadonlySet<string> = new Set(["AND", "OR", "NOT", "BETWEEN", "IN"]);

/** Reads a path such as a.b[0].#c, with every #name resolved. */
export function readPath(tokens: Tokens, names: Names): DocumentPath {
  const path: [string, ...(string | number)[]] = [readName(tokens, names)];
  for (;;) {
    if (tokens.takeSign(".")) path.push(readName(tokens, names));
    else if (tokens.takeSign("[")) {
      const position = tokens.peek();
      if (position.kind !== "digits") throw tokens.syntaxError();
      tokens.next();
      if (Number(position.text) > maxPosition) {
        throw tokens.invalid(
          `List index is not within the allowable range; index: [${position.text}]`,
        );
      }
      path.push(Number(position.text));
      tokens.expectSign("]");
    } else return path;
  }
}

/** True when a document path begins at the token ahead. */
export function startsPath(tokens: Tokens): boolean {
  const { kind } = tokens.peek();
  return kind === "name" || kind === "name_placeholder";
}

function readName(tokens: Tokens, names: Names): string {
  const token = tokens.peek();
  if (token.kind === "name_placeholder") {
    tokens.next();
    return names.resolve(token.text, tokens);
  }
  if (token.kind !== "name" || keywords.has(token.text.toUpperCase())) throw tokens.syntaxError();
  tokens.next();
  names.checkPlain(token.text, tokens);
  return token.text;
}

/** The value at the path, undefined where there is none. */
export function valueAt(item: EngineItem, path: DocumentPath): AttributeValue | undefined {
  let value = attribute(item, path[0]);
  for (let index = 1; index < path.length && value !== undefined; index += 1) {
    const step = path[index];
    if (typeof step === "number") value = value.L?.[step];
    else if (step !== undefined) value = value.M && attribute(value.M, step);
  }
  return value;
}

/** The path as DynamoDB's messages show it. */
export const showPath = (path: DocumentPath): string =>
  `[${path.map((step) => (typeof step === "number" ? `[${step}]` : step)).join(", ")}]`;

/** Refuses two paths of which one contains the other, or which treat the same place as a list and as a map. */
export function checkDisjoint(paths: readonly DocumentPath[], tokens: Tokens): void {
  for (const [index, path] of paths.entries()) {
    for (const earlier of paths.slice(0, index)) {
      const clash = relation(earlier, path);
      if (clash !== undefined) {
        throw tokens.invalid(
          `Two document paths ${clash} with each other; must remove or rewrite one of these paths; ` +
            `path one: ${showPath(earlier)}, path two: ${showPath(path)}`,
        );
      }
    }
  }
}

function relation(a: DocumentPath, b: DocumentPath): "overlap" | "conflict" | undefined {
  for (let index = 0; index < a.length && index < b.length; index += 1) {
    const [left, right] = [a[index], b[index]];
    if (typeof left !== typeof right) return "conflict";
    if (left !== right) return undefined;
  }
  return "overlap";
}
