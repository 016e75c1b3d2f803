import type { Files } from "../language.ts";

/** One line for each exported name and signature. The sources are as gofmt writes them, which is one thing a line. */
export function surfaceOf(sources: Files): readonly string[] {
  const lines: string[] = [];
  for (const text of sources.values()) {
    for (const [, receiver = "", rest = ""] of text.matchAll(
      /^func (\(\w* ?\*?[A-Z][^)]*\) )?([A-Z].*?) (?:\{.*)$/gm,
    )) {
      lines.push(`func ${receiver.replace(/^\(\w+ /, "(")}${rest}`);
    }
    for (const [, name = "", rest = "", body] of text.matchAll(
      /^type ([A-Z]\w*)(.*?)(?:\{\n([^]*?)^\}|\{\}|)$/gm,
    )) {
      lines.push(`type ${name}${rest}`.trim());
      for (const [, field = ""] of (body ?? "").matchAll(/^\t([A-Z]\w* .*)$/gm)) {
        lines.push(`${name}: ${flat(field)}`);
      }
    }
    for (const [, kind = "", body = ""] of text.matchAll(/^(const|var) \(\n([^]*?)^\)/gm)) {
      for (const [, one = ""] of body.matchAll(/^\t([A-Z]\w* .*)$/gm)) {
        lines.push(`${kind} ${flat(one)}`);
      }
    }
    for (const [, one = ""] of text.matchAll(/^var ([A-Z]\w*) =/gm)) lines.push(`var ${one}`);
  }
  return [...new Set(lines)].sort();
}

const flat = (text: string) => text.replaceAll(/ +/g, " ");
