import { type NounName, nouns } from "../runtime/nouns.ts";
import { ApiError } from "./api-error.ts";

/**
 * Throws 409 when a parent has no room for another child. The children were read after their parent; one with this id is
 * the child itself, made by an earlier try.
 */
export function checkRoom(
  noun: NounName,
  children: readonly { readonly id: string }[],
  id: string,
): void {
  const { plural, under, limit } = nouns[noun];
  if (!limit || children.filter((other) => other.id !== id).length < limit.most) return;
  const parent = under ? nouns[under.noun].singular : nouns.teams.singular;
  throw new ApiError(
    "conflict",
    `A ${parent} can have ${limit.most} ${plural}. Delete one to make another.`,
  );
}
