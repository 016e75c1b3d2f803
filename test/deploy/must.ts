/** Throws unless the CDK printed all of it. */
export function mustPrint(output: string, ...parts: readonly string[]): void {
  const missing = parts.filter((part) => !output.includes(part));
  if (missing.length > 0) throw new Error(`The CDK did not print ${missing.join(" and ")}.`);
}

/** Throws unless what was found is what was wanted. */
export function mustBe(found: readonly string[], wanted: readonly string[], what: string): void {
  if (JSON.stringify(found) === JSON.stringify(wanted)) return;
  throw new Error(`Wanted: ${what}. Found: ${found.join(", ") || "none"}.`);
}
