import type { StoredMessage } from "#shared/conversations/message";

/** What a message of a story says. */
export const textOf = (index: number) => `question ${index}`;

/** Which message of its story this is; -1 for none. */
export function indexOf({ content }: Pick<StoredMessage, "content">): number {
  const [, index = "-1"] = /question (\d+)/.exec(JSON.stringify(content)) ?? [];
  return Number(index);
}
