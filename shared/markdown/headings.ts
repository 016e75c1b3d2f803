/** A line of Markdown that is a heading: its level, and its words without the signs around them. */
export function headingIn(
  line: string,
): { readonly level: number; readonly words: string } | undefined {
  const [, signs, rest] = /^ {0,3}(#{1,6})[ \t](.*)$/.exec(line) ?? [];
  if (signs === undefined || rest === undefined) return undefined;
  const words = rest
    .trim()
    .replace(/(?:^|[ \t])#+$/, "")
    .trimEnd();
  return { level: signs.length, words };
}
