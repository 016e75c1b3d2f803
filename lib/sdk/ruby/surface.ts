import type { Files } from "../language.ts";

/** One line for each exported name and signature: of the signatures in RBS, which are one thing a line. */
export function surfaceOf(signatures: Files): readonly string[] {
  const lines: string[] = [];
  for (const text of signatures.values()) {
    const owners: string[] = [];
    let fields: string[] = [];
    for (const line of text.split("\n")) {
      const [, indent = "", rest = ""] = /^( *)(.*)$/.exec(line) ?? [];
      const [, field] = /^# @field ([^]*?)(?: -- .*)?$/.exec(rest) ?? [];
      const [, kind, name = ""] = /^(class|module|interface|type) (\w+)/.exec(rest) ?? [];
      if (field !== undefined) fields.push(field);
      if (rest === "" || rest === "end" || rest.startsWith("#")) continue;
      owners.length = Math.min(owners.length, indent.length / 2);
      const place = owners.slice(1).join("::");
      if (kind === undefined) {
        lines.push(`${place}: ${rest}`);
        continue;
      }
      const whole = [place, name].filter((part) => part !== "").join("::");
      if (owners.length > 0 && rest !== "module Types") {
        lines.push(rest.replace(`${kind} ${name}`, `${kind} ${whole}`));
      }
      lines.push(...fields.map((one) => `${whole}: ${one}`));
      fields = [];
      if (kind !== "type") owners.push(name);
    }
  }
  return [...new Set(lines)].sort();
}
