import type { Account } from "./adapter.ts";

/** What a text says to us. */
export interface SaidText {
  readonly text: string;
  readonly mentions_bot: boolean;
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
