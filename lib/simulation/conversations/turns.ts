import { isDeepStrictEqual } from "node:util";
import { longestTurnMs, mostOfTurn } from "#shared/conversations/collect-turn";
import type { StoredMessage } from "#shared/conversations/message";
import type { World } from "../world.ts";
import { ordered, type SeenConversation } from "./seen-conversations.ts";
import type { ChatStory } from "./story.ts";

/** How long after a message of an album another one of it may come. */
const albumMs = 1_000;

/** The messages that each reply answers, in their order. */
export const turnsOf = (all: readonly StoredMessage[]) =>
  all
    .filter(({ role }) => role === "assistant")
    .map((reply) => ({
      reply,
      turn: all.filter(({ reply_number }) => reply_number === reply.number),
    }));

/** A turn is what one user said without a pause or as one album, all of it, and its reply names the last. */
export function checkTurns(
  { collectMs }: Pick<ChatStory, "collectMs">,
  world: World,
  { messages, keptAt }: SeenConversation,
  say: (problem: string) => void,
): void {
  const all = ordered(messages);
  const questions = all.filter(({ role }) => role === "user");
  for (const { reply, turn } of turnsOf(all)) {
    const [first] = turn;
    const last = turn.at(-1);
    if (!first || !last || last.number !== reply.reply_to) {
      say(`reply ${reply.number} does not name the last of its turn`);
      continue;
    }
    const from = questions.indexOf(first);
    if (!isDeepStrictEqual(questions.slice(from, from + turn.length), turn)) {
      say(`the turn of ${last.number} has gaps`);
    }
    const follows = (
      one: StoredMessage,
      before: StoredMessage | undefined,
      at: number,
      ms: number,
    ) =>
      ms > 0 &&
      one.user?.id === first.user?.id &&
      at - Date.parse(before?.created_at ?? "") <= ms &&
      at - Date.parse(first.created_at) <= longestTurnMs;
    const isOfAlbum = (one: StoredMessage, before: StoredMessage | undefined) =>
      one.album_id !== undefined && one.album_id === before?.album_id;
    const mayFollow = (one: StoredMessage, before: StoredMessage | undefined, at: number) =>
      isOfAlbum(one, before) || (one.answer === true && follows(one, before, at, collectMs));
    const mustFollow = (one: StoredMessage, before: StoredMessage, at: number) => {
      const ms = isOfAlbum(one, before) ? Math.max(albumMs, collectMs) : collectMs;
      return mayFollow(one, before, at) && follows(one, before, at, ms);
    };
    for (const [index, one] of turn.entries()) {
      if (index > 0 && !mayFollow(one, turn[index - 1], Date.parse(one.created_at))) {
        say(`${one.number} is no part of the turn of ${last.number}`);
      }
    }
    const next = questions[from + turn.length];
    // Clocks apart do not agree when a time is over; who gives up does not wait for it.
    const isLoose = world.options.skewMs > 0 || reply.delivery?.error?.code === "not_answered";
    const keptMs = keptAt.get(next?.number ?? 0) ?? Infinity;
    if (turn.length > mostOfTurn) say(`the turn of ${last.number} has ${turn.length} messages`);
    if (next && !isLoose && turn.length < mostOfTurn && mustFollow(next, last, keptMs)) {
      say(`${next.number} is left out of the turn of ${last.number}`);
    }
  }
}
