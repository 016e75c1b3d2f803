import type { StoredMessage } from "#shared/conversations/message";
import type { Id } from "#shared/runtime/ids";
import { keys, prefixes } from "#shared/table/keys";
import { indexOf, textOf } from "../conversations/said.ts";
import type { SeenConversation } from "../conversations/seen-conversations.ts";
import { numberIn } from "./parts.ts";
import type { Gone, Remains, Say } from "./remains.ts";
import { erasedUser, type PlatformStory } from "./story.ts";

/** Conversations that are gone: deleted, with the channel, or with the only user who wrote there. */
export function goneOf({ story, operator, seen, rows, chat }: Remains): Gone {
  const isThere = (id: Id<"conv">) => {
    const { pk, sk } = keys.conversation(chat.team_id, id);
    return rows.some((row) => row.pk === pk && row.sk === sk);
  };
  const { deleted, removed, erased } = operator;
  const mayGo = (one: SeenConversation) =>
    erased !== undefined &&
    questionsOf(one).every(
      (message) => isTheirs(story, message) && message.created_at < erased.before,
    );
  const isGone = (one: SeenConversation) =>
    deleted.has(one.id) || removed !== undefined || (mayGo(one) && !isThere(one.id));
  return new Set(
    seen
      .all()
      .filter(isGone)
      .map(({ id }) => id),
  );
}

const questionsOf = ({ messages }: SeenConversation) =>
  [...messages.values()].filter(({ role }) => role === "user");

const isTheirs = ({ messages }: PlatformStory, message: StoredMessage) =>
  messages[indexOf(message)]?.user === erasedUser;

/** Nothing that an erased user had said is left, nor what was answered, nor by which ids the user was known. */
export function checkErased(remains: Remains, gone: Gone, say: Say): void {
  const { story, operator, seen, rows, backends } = remains;
  const { erased } = operator;
  if (!erased) return;
  const ids = erasedIds(remains);
  const texts = rows.map((row) => [row, JSON.stringify(row)] as const);
  for (const one of seen.all()) {
    // What a clock that is ahead has made later than the request is not erased with it.
    const theirs = questionsOf(one).filter(
      (message) =>
        isTheirs(story, message) &&
        ids.includes(message.user?.id ?? "") &&
        message.created_at < erased.before &&
        (one.keptAt.get(message.number) ?? Infinity) < erased.from,
    );
    for (const message of theirs) {
      const { id, number } = message;
      const index = indexOf(message);
      const answers = backends.asked
        .filter(({ question }) => question === id)
        .flatMap(({ answer = "" }) => numberIn(answer) ?? []);
      const words = new RegExp(
        [textOf(index), ...answers.map((n) => `answer ${n}`)].map((text) => `${text}\\D`).join("|"),
      );
      for (const [{ pk, sk }, text] of texts) {
        if (words.test(text)) say(`${pk} ${sk} still says what ${textOf(index)} was about`);
      }
      if (!one.erased.has(number) && !gone.has(one.id)) say(`${textOf(index)} is not erased`);
    }
    const isWhole = theirs.length > 0 && theirs.length === questionsOf(one).length;
    if (isWhole && !gone.has(one.id)) say(`${one.id} outlives its user`);
  }
  const isAhead = seen
    .all()
    .flatMap(questionsOf)
    .some((message) => isTheirs(story, message) && message.created_at >= erased.before);
  if (!isAhead) checkIds(remains, ids, erased.from, say);
}

/** The ids that are surely known as the erased user's: all of them when the platform had told both at once. */
function erasedIds({ story, operator: { erased }, writers, server }: Remains): readonly string[] {
  if (!erased) return [];
  const isJoined = writers.sent.some(({ index, until }) => {
    const { user, as } = story.messages[index] ?? {};
    return user === erasedUser && as === undefined && until < erased.from;
  });
  return isJoined ? server.idsOf(erasedUser) : [erased.user_id];
}

/** Nothing names an erased user who was silent from then on. */
function checkIds(
  { story, chat, writers, rows }: Remains,
  ids: readonly string[],
  since: number,
  say: Say,
): void {
  const theirs = writers.sent.filter(({ index }) => story.messages[index]?.user === erasedUser);
  const told = story.messages
    .filter(({ user }) => user === erasedUser)
    .reduce((sum, { atMs }) => sum + atMs.length, 0);
  if (theirs.length < told || theirs.some(({ until }) => until >= since)) return;
  const { team_id, bot, channel } = chat;
  for (const id of ids) {
    const { pk } = prefixes.userConversations(team_id, bot.id, channel.type, id);
    const alias = keys.alias(team_id, channel.id, "user", id);
    for (const row of rows) {
      const isAlias = row.pk === alias.pk && row.sk === alias.sk;
      if (row.pk === pk || isAlias || JSON.stringify(row).includes(`"${id}"`)) {
        say(`${row.pk} ${row.sk} still names ${id}`);
      }
    }
  }
}
