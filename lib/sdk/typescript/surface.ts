import type { Files } from "../language.ts";

/** One line for each exported name and signature, from the declarations that the compiler wrote. */
export function surfaceOf(declarations: Files): readonly string[] {
  const shown = exportedNames(declarations.get("index.d.ts") ?? "");
  const lines: string[] = [];
  for (const [file, text] of declarations) {
    for (const { name, head, members } of declarationsIn(text)) {
      // Types and resources are exported as a whole.
      if (!shown.has(name) && !["types.d.ts", "resources.d.ts", "index.d.ts"].includes(file)) {
        continue;
      }
      lines.push(head, ...members.map((member) => `${name}: ${member}`));
    }
  }
  return [...new Set(lines)].sort();
}

const exportedNames = (text: string) =>
  new Set(
    [...text.matchAll(/^export (?:type )?\{([^}]*)\} from/gm)].flatMap(([, list = ""]) =>
      list.split(",").map((name) => name.replace(/\btype\b/, "").trim()),
    ),
  );

interface Declaration {
  readonly name: string;
  readonly head: string;
  readonly members: readonly string[];
}

/** The compiler writes one member a line, but for objects inside a signature. */
function declarationsIn(text: string): readonly Declaration[] {
  const plain = text.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/^\s*\n/gm, "");
  return [
    ...plain.matchAll(
      /^export (?:declare )?(class|interface|type|const|function) (\w+)([^]*?)^(?=export|import|declare|\S)/gm,
    ),
  ].map(([whole, kind = "", name = ""]) => {
    const [head = "", ...rest] = whole
      .replace(/^export (declare )?/, "")
      .trim()
      .split("\n");
    if (kind !== "class" && kind !== "interface") {
      return { name, head: flat([head, ...rest]), members: [] };
    }
    return { name, head: head.replace(/ *\{\}?$/, ""), members: membersOf(rest) };
  });
}

function membersOf(lines: readonly string[]): readonly string[] {
  const members: string[] = [];
  for (const line of lines) {
    if (/^ {4}\S/.test(line) && !/^ {4}[})\]]/.test(line)) members.push(line);
    else if (line.startsWith("    ")) members.push(flat([members.pop() ?? "", line]));
  }
  return members
    .map((member) => flat([member]))
    .filter((member) => !/^(#private|private|protected)/.test(member));
}

const flat = (lines: readonly string[]) => lines.map((line) => line.trim()).join(" ");
