const dots = "••••";

/** What is shown of a secret: its last four characters, and of one with fewer than twelve nothing. */
export function mask(value: string): string {
  const characters = Array.from(value);
  return characters.length < 12 ? dots : dots + characters.slice(-4).join("");
}
