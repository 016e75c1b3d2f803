import type { Files } from "../language.ts";

/** What users see whole; of other files they see what `__init__` exports. */
const whole = /(^|\/)(__init__|types|resources|webhooks)\.py$/;

/** One line for each public class, attribute, function and signature of the package. */
export function surfaceOf(sources: Files): readonly string[] {
  const exported = /^__all__ = \[([^\]]*)\]/m.exec(
    sources.get("chatbot_platform/__init__.py") ?? "",
  );
  const shown = new Set(["BaseClient", "AsyncBaseClient", ...(exported?.[1]?.match(/\w+/g) ?? [])]);
  const lines: string[] = [];
  for (const [file, text] of sources) {
    const place = file.replace(/\.py$/, "").replaceAll("/", ".");
    let owner = "";
    let isInClass = false;
    for (const line of logicalLines(text)) {
      const [, indent = "", rest = ""] = /^( *)(.*)$/.exec(line) ?? [];
      const name =
        /^(?:async def|def|class) (\w+)/.exec(rest)?.[1] ?? /^(\w+)(?=: | = )/.exec(rest)?.[1];
      if (indent === "") [owner, isInClass] = [name ?? "", rest.startsWith("class ")];
      if (name === undefined || isPrivate(name) || isPrivate(owner)) continue;
      if (indent.length > (isInClass ? 4 : 0) || !(whole.test(file) || shown.has(owner))) continue;
      lines.push(`${place}: ${indent === "" ? "" : `${owner}: `}${rest.replace(/:$/, "")}`);
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
