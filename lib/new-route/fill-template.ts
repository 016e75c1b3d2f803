import { readFile } from "node:fs/promises";

/** What stands in the places of a template. A line that has a place without a value is left out. */
export type Places = Readonly<Record<string, string | number | undefined>>;

/**
 * Fills `templates/<name>.txt`, which looks like the file that it becomes. Imports that nothing uses are left out;
 * formatting is left to Prettier. Throws when the template has a place that was not given.
 */
export async function fillTemplate(name: string, places: Places): Promise<string> {
  const template = await readFile(new URL(`templates/${name}.txt`, import.meta.url), "utf8");
  const lines = template.split("\n").flatMap((line) => {
    const names = [...line.matchAll(/\{\{(\w+)\}\}/g)].map(([, place = ""]) => place);
    const unknown = names.find((place) => !(place in places));
    if (unknown !== undefined) throw new Error(`${name} has a place {{${unknown}}}.`);
    if (names.some((place) => places[place] === undefined)) return [];
    return [line.replace(/\{\{(\w+)\}\}/g, (_, place: string) => String(places[place]))];
  });
  return withoutUnusedImports(lines).join("\n");
}

function withoutUnusedImports(lines: readonly string[]): readonly string[] {
  const code = lines.filter((line) => !line.startsWith("import ")).join("\n");
  const names = code.replace(/"[^"]*"/g, "");
  // Not what is only the name of a field.
  const isUsed = (name: string) =>
    new RegExp(`\\b${name.replace("type ", "")}\\b(?!:)`).test(names);
  return lines.flatMap((line) => {
    const [, star] = /^import \* as (\w+) /.exec(line) ?? [];
    if (star !== undefined) return isUsed(star) ? [line] : [];
    const [, list] = /^import (?:type )?\{ (.*) \} from /.exec(line) ?? [];
    if (list === undefined) return [line];
    const used = list.split(", ").filter(isUsed);
    return used.length > 0 ? [line.replace(list, used.join(", "))] : [];
  });
}
