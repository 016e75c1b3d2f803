import { Platform } from "../channels/channel.ts";
import { createChannelStore } from "../channels/channel-store.ts";
import { eraseFiles, type EraseFilesDeps } from "../files/erase-files.ts";
import type { Id } from "../runtime/ids.ts";
import { all, equals, missing } from "../table/condition.ts";
import { idAtEnd, keys, prefixes, under } from "../table/keys.ts";
import type { Item } from "../table/table.ts";
import type { Progress, Slice } from "../work/slice.ts";
import { eraseIds, findIds, type IdsOf } from "./aliases.ts";
import type { StoredConversation } from "./conversation.ts";
import { asConversation, asMessage, createConversationStore } from "./conversation-store.ts";
import { eraseConversation } from "./erase-conversation.ts";
import { eraseBeginner, eraseTold } from "./erase-told.ts";
import { erasedWords, isErased, nobody } from "./message.ts";
import { isWaiting, leftParts, type Unanswered } from "./reply-parts.ts";
import { haveSeveralIds, placesOfUsers } from "./user-ids.ts";

const chunk = 100;
const tries = 20;

/** Which user is erased. */
interface Erased {
  readonly team_id: Id<"team">;
  readonly bot_id: Id<"bot">;
  /** Null is every platform. */
  readonly platform: string | null;
  readonly user_id: string;
  /** Only what was said before; ISO 8601. */
  readonly before: string;
}

/**
 * Erases what one end user said before a time, under whichever ids the user is known, and these last. A conversation in which only this user wrote goes as a whole; in a
 * shared one the user's messages and the replies to them keep their number and lose their content. What endpoints are
 * told of those messages goes with them.
 */
export async function eraseUser(
  deps: EraseFilesDeps,
  erased: Erased,
  slice: Slice,
): Promise<Progress> {
  const { platform, user_id } = erased;
  const platforms = platform === null ? Platform.options : [platform];
  for (const name of platforms) {
    const known = await findIds(deps.table, await placesOn(deps, erased, name), user_id);
    for (const id of new Set([user_id, ...known.flatMap(({ ids }) => ids)])) {
      const progress = await eraseId({ ...deps, erased: { ...erased, user_id: id }, slice }, name);
      if (progress === "out_of_time") return progress;
    }
    await eraseIds(deps.table, known, user_id);
  }
  return "done";
}

/** Where users of a platform may be known by several ids. */
async function placesOn(
  { table }: EraseFilesDeps,
  { team_id, bot_id }: Erased,
  platform: string,
): Promise<readonly IdsOf[]> {
  if (!haveSeveralIds(platform)) return [];
  const channels = await createChannelStore(table).list(team_id, bot_id);
  return placesOfUsers(
    team_id,
    channels.filter(({ type }) => type === platform),
  );
}

/** Erases what was said under one id. */
async function eraseId(search: Search, platform: string): Promise<Progress> {
  const { table, erased } = search;
  const { team_id, bot_id, user_id } = erased;
  for await (const rows of table.queryPages({
    ...under(prefixes.userConversations(team_id, bot_id, platform, user_id)),
    limit: 100,
  })) {
    for (const row of rows) {
      const progress = await eraseIn(search, row);
      if (progress === "out_of_time") return progress;
    }
  }
  return "done";
}

interface Search extends EraseFilesDeps {
  readonly erased: Erased;
  readonly slice: Slice;
}

/**
 * Erases the user in one conversation. What comes in meanwhile is younger than the request; it makes us look again, at
 * that alone: so even where many write without end, only a moment must pass without a message.
 */
async function eraseIn(search: Search, row: Item): Promise<Progress> {
  const { table, erased, slice } = search;
  const conversations = createConversationStore(table);
  const id = idAtEnd<"conv">(row.sk);
  let said: Said | undefined;
  for (let attempt = 1; attempt <= tries; attempt++) {
    if (slice.isOver()) return "out_of_time";
    const headRow = await table.get(keys.conversation(erased.team_id, id));
    const head = asConversation(headRow);
    // It was hidden by an earlier run of this job, or by another that erases it too.
    if (!head) return headRow ? eraseWhole(search, row) : forget(search, row);
    // Of two who are erased at once, the one who leaves last finds nobody left.
    if (head.departed !== said?.departed) said = undefined;
    said ??= {
      departed: head.departed,
      upTo: 0,
      theirs: [],
      erased: new Set(),
      others: false,
      later: false,
    };
    if ((await readOn(search, head, said)) === "out_of_time") return "out_of_time";
    if (!said.others && !said.later) {
      if ((await conversations.hide(erased.team_id, head)) === "changed") continue;
      return eraseWhole(search, row);
    }
    for (const message of said.theirs.splice(0)) {
      if (slice.isOver()) return "out_of_time";
      await empty(search, message);
      said.erased.add(message.number);
    }
    const of = { team_id: erased.team_id, conversation_id: id };
    const files = await eraseFiles(search, of, slice, said.erased);
    if (files === "out_of_time") return files;
    if (said.later || (await leave(search, head, row))) return "done";
  }
  throw new Error(`The conversation ${id} did not keep still.`);
}

/** The row of the user goes last: a repeat finds the conversation by it. */
async function eraseWhole(search: Search, row: Item): Promise<Progress> {
  const { erased, slice } = search;
  const { team_id, bot_id } = erased;
  const what = { team_id, bot_id, conversation_id: idAtEnd<"conv">(row.sk), kept: row };
  const progress = await eraseConversation(search, what, slice);
  return progress === "done" ? forget(search, row) : progress;
}

async function forget({ table }: Search, row: Item): Promise<Progress> {
  await table.deleteAll([row]);
  return "done";
}

/** What was said in a conversation up to a number. */
interface Said {
  /** How many had been taken out of it before. */
  readonly departed: number | undefined;
  upTo: number;
  /** What is to go. */
  readonly theirs: Unanswered[];
  /** The numbers of messages of users that are empty: none of them gets a file any more. */
  readonly erased: Set<number>;
  /** Others wrote. */
  others: boolean;
  /** The user wrote since. */
  later: boolean;
}

/** Reads what has been said since, and erases what endpoints are told of the user. */
async function readOn(
  { table, erased, slice }: Search,
  { id, message_count, user: beginner }: StoredConversation,
  said: Said,
): Promise<Progress> {
  const { team_id, user_id, before } = erased;
  const conversations = createConversationStore(table);
  while (said.upTo < message_count) {
    if (slice.isOver()) return "out_of_time";
    const to = Math.min(message_count, said.upTo + chunk);
    const ofUsers = (await conversations.range(team_id, id, said.upTo + 1, to)).filter(
      ({ role }) => role === "user",
    );
    for (const one of ofUsers) if (isErased(one)) said.erased.add(one.number);
    const messages = ofUsers.filter((message) => !isErased(message));
    const own = messages.filter(({ user }) => user?.id === user_id);
    const theirs = own.filter(({ created_at }) => created_at < before);
    const others = messages.filter(({ user }) => user?.id !== user_id);
    await eraseTold(table, team_id, theirs);
    if (beginner.id === user_id) await eraseBeginner(table, team_id, others, user_id);
    said.theirs.push(
      ...theirs.map(({ conversation_id, number, answer, created_at, reply_number }) => ({
        conversation_id,
        number,
        answer,
        created_at,
        ...(reply_number !== undefined && { reply_number }),
      })),
    );
    said.others ||= others.length > 0;
    said.later ||= own.length > theirs.length;
    said.upTo = to;
  }
  return "done";
}

/** Empties a message, and before it its reply, which a repeat finds by it. Without a reply it gets none any more. */
async function empty(search: Search, message: Unanswered): Promise<void> {
  const { table, erased } = search;
  const { conversation_id, number, reply_number } = message;
  const keyOf = (one: number) => keys.message(erased.team_id, conversation_id, one);
  if (isWaiting(message)) {
    const left = await table.transact(leftParts(erased.team_id, message));
    if (left.applied) return empty(search, { ...message, reply_number: 0 });
  }
  if (reply_number) {
    const { item } = await table.update(keyOf(reply_number), {
      set: erasedWords,
      remove: ["address", "sign_id", "parts_sent", "feedback"],
    });
    // An empty one is rated no more, so this is all that was told of it.
    if (item) await eraseTold(table, erased.team_id, [asMessage(item)]);
  }
  const { applied, item } = await table.update(
    keyOf(number),
    {
      set: { ...erasedWords, user: null, reply_number: reply_number ?? 0 },
      remove: ["platform_message_id", "thread_id", "album_id", "address", "sign_id", "files"],
    },
    reply_number === undefined ? missing("reply_number") : equals("reply_number", reply_number),
  );
  // Its reply has come in between.
  if (!applied && item) await empty(search, asMessage(item));
}

/** Takes the user out of a conversation that others go on with; false when a message, or another's end, came in between. */
async function leave(
  { table, erased: { team_id, user_id } }: Search,
  { id, user, message_count, departed }: StoredConversation,
  row: Item,
): Promise<boolean> {
  const { applied } = await table.transact({
    head: {
      update: keys.conversation(team_id, id),
      change: { set: { user: user.id === user_id ? nobody : user }, add: { departed: 1 } },
      condition: all(
        equals("message_count", message_count),
        departed === undefined ? missing("departed") : equals("departed", departed),
        missing("erasing"),
      ),
    },
    user: { delete: row },
  });
  return applied;
}
