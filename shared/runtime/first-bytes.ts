/** The first bytes of a text in UTF-8, at most so many; a character that the cut goes through is left out. */
export function firstBytes(text: string, most: number): string {
  // No character has more than three bytes for each unit of its string.
  if (3 * text.length <= most) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  return new TextDecoder().decode(bytes.subarray(0, most), { stream: true });
}
