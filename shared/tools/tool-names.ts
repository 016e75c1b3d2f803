import { hash } from "node:crypto";

const maxLength = 64;

/**
 * Names the tools of a server for models: `{server}_{tool}` in letters, digits, `_` and `-`, at most 64 characters.
 * What had to be changed for that and would be mistaken for another gets eight characters of a hash at its end. The
 * same tools always have the same names. Gemini and Kimi refuse names that begin with a digit, and so the whole call.
 */
export function toolNames(server: string, tools: readonly string[]): readonly string[] {
  // No server's name has capital letters.
  const begin = /^\d/.test(server) ? `M_${server}` : server;
  const plain = tools.map((tool) => `${begin}_${tool}`);
  const cleaned = plain.map((name) => name.replaceAll(/[^a-zA-Z0-9_-]/g, "_"));
  const uses = new Map<string, number>();
  for (const name of cleaned) uses.set(name, (uses.get(name) ?? 0) + 1);
  return cleaned.map((name, index) => {
    const own = plain[index] ?? "";
    const isTwin = name !== own && (uses.get(name) ?? 0) > 1;
    if (!isTwin && name.length <= maxLength) return name;
    return `${name.slice(0, maxLength - 9)}_${hash("sha256", own).slice(0, 8)}`;
  });
}
