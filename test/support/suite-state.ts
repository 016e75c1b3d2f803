/** What stands at the top of a module, without its types and as Prettier writes it, and can change or does something. */
const state = [
  /^(?:export )?(?:let|var)\b/m,
  // A set or a map with something in it is a list of what there is; the others are never changed.
  /^(?:export )?const [^=\n]+=\s+new (?!(?:Set|Map)\s*\(\s*[^)\s]|Uint8Array\(\)|(?:RegExp|Intl\.\w+)\()/m,
  /^(?:export )?const [^=\n]+=\s+(?:\[\s*\]|\{\s*\});/m,
  /^(?:export )?const (?!.*=>).*\bprocess\.env/m,
  /^\s+static\b(?!.*\()/m,
  // A call, and what it does: its module, or one that it loads, is another in each suite.
  /^(?!import\b|export\b)[\w.]+\(/m,
  /\bimport\(/,
];
const imports = /^(?:import|export)\b[^;"]*?\bfrom "([^"]+)"|^import "([^"]+)"/gm;

/** Whether a module, by its source without types, may keep something from one suite for the next. */
export const keepsState = (source: string): boolean => state.some((form) => form.test(source));

/** What a module imports as it is loaded. */
export const importedBy = (source: string): readonly string[] =>
  [...source.matchAll(imports)].map(([, from, whole]) => from ?? whole ?? "");
