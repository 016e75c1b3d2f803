import type { Account } from "./adapter.ts";

/** What a text says to us. */
export interface SaidText {
  readonly text: string;
  readonly mentions_bot: boolean;
}

/** A text that comes in pieces, and whether all so far is white space: to look at all of it each time would take too long. */
export class Said {
  text = "";
  isBlank = true;

  add(words: string): void {
    this.text += words;
    this.isBlank &&= words.trim() === "";
  }
}

/** As whom people mention us. */
export const ourName = (account: Account | null) =>
  `@${account?.username ?? account?.name ?? "bot"}`;

/** What is said after our name at the start of a text, without what stands between them. */
export const afterOurName = (text: string) =>
  text
    .trimStart()
    .replace(/^[,:](?=\s)/, "")
    .trimStart();
