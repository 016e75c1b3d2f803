import { type Added, type Counted, type Figure, figuresPart } from "#shared/figures/figures";
import type { Id } from "#shared/runtime/ids";
import type { TestPlatform } from "./test-platform.ts";

/** A conversation's id, another for each number: those of a few numbers are counted in several shards. */
export const conversationNumber = (number: number): Id<"conv"> =>
  `conv_${String(number).padStart(26, "0")}`;

/** Counts something of an integration of a bot, on the day of a time, in some conversation. */
export async function countFigures(
  platform: TestPlatform,
  teamId: Id<"team">,
  counted: Omit<Counted, "conversation_id"> & { readonly conversation?: number },
  at: number,
  added: Added<Figure>,
): Promise<void> {
  const { conversation = 1, ...of } = counted;
  const conversation_id = conversationNumber(conversation);
  await platform.table.transact({
    figures: figuresPart(teamId, { ...of, conversation_id }, at, added),
  });
}
