/** Functions, and variables of one line, as gofmt writes them. */
const declarations = /^(?:func .*?\{(?: .* \}|\n[^]*?^\})|var \w+ = .*)$/gm;

/**
 * A file with many mutants in it: what they change does first what the one does that the program is started as. So one
 * compiler and one linker do for all of them.
 */
export function withAll(text: string, mutants: ReadonlyMap<number, string>): string {
  const others = [...mutants].map(([number, other]) => {
    if (other.replaceAll(declarations, "") !== text.replaceAll(declarations, "")) {
      throw new Error(`Mutant ${number} of Go changes neither a function nor a variable.`);
    }
    return { number, declared: other.match(declarations) ?? [] };
  });
  let index = -1;
  return text.replaceAll(declarations, (before) => {
    index += 1;
    return others.reduce((whole, { number, declared }) => {
      const other = declared[index] ?? before;
      return other === before ? whole : choosing(whole, number, other);
    }, before);
  });
}

/** What is compiled into the package beside them. */
export const chosenMutant = 'package chatbot\n\nimport "os"\n\nvar mutant = os.Getenv("MUTANT")\n';

function choosing(whole: string, number: number, other: string): string {
  const [, name, value] = /^var (\w+) = (.*)$/.exec(other) ?? [];
  if (name) return `${whole}\nfunc init() { if mutant == "${number}" { ${name} = ${value} } }`;
  const head = /^func .*?\{(?=[ \n])/.exec(whole)?.[0] ?? "";
  if (!other.startsWith(head)) throw new Error(`Mutant ${number} of Go has another signature.`);
  const [one, rest] = [other, whole].map((text) => text.slice(head.length, -1));
  return `${head}\nif mutant == "${number}" {${one}} else {${rest}}\n}`;
}
