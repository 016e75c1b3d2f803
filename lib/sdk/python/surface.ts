import type { Files } from "../language.ts";

/** One line for each public class, attribute, function and signature of the package. */
export function surfaceOf(sources: Files): readonly string[] {
  const lines: string[] = [];
  for (const [file, text] of sources) {
    const place = file.replace(/\.py$/, "").replaceAll("/", ".");
    let owner = "";
    for (const line of logicalLines(text)) {
      const [, indent = "", rest = ""] = /^( *)(.*)$/.exec(line) ?? [];
      const name =
        /^(?:async def|def|class) (\w+)/.exec(rest)?.[1] ?? /^(\w+)(?=: | = )/.exec(rest)?.[1];
      if (indent === "") owner = rest.startsWith("class ") ? (name ?? "") : "";
      if (name === undefined || isPrivate(name) || isPrivate(owner)) continue;
      if (indent !== "" && (indent !== "    " || owner === "")) continue;
      const isMember = indent !== "" && !rest.startsWith("class ");
      lines.push(`${place}: ${isMember ? `${owner}: ` : ""}${rest.replace(/:$/, "")}`);
    }
  }
  return [...new Set(lines)].sort();
}

const isPrivate = (name: string) => name.startsWith("_") && name !== "__init__";

/** Without comments, strings that describe, and line ends inside brackets. */
function logicalLines(text: string): readonly string[] {
  const plain = text.replaceAll(/^ *"""[^]*?"""$/gm, "");
  const lines: string[] = [];
  let depth = 0;
  for (const line of plain.split("\n")) {
    const code = line.replace(/ {2}#.*$/, "");
    if (depth > 0) lines.push(`${lines.pop()} ${code.trim()}`);
    else if (code.trim() !== "" && !code.trim().startsWith("#")) lines.push(code);
    depth += (code.match(/[([{]/g) ?? []).length - (code.match(/[)\]}]/g) ?? []).length;
  }
  return lines.map((line) => line.replaceAll(/([([{]) /g, "$1").replaceAll(/,? ([)\]}])/g, "$1"));
}
