/** The beginning of a text, at most so many units of its string; a character that the cut goes through is left out. */
export function firstUnits(text: string, most: number): string {
  const isBetween = text.length <= most || !/[\ud800-\udbff]/.test(text.charAt(most - 1));
  return text.slice(0, isBetween ? most : most - 1);
}
