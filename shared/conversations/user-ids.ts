import type { StoredHook } from "../channels/hook.ts";
import { platforms } from "../platforms/catalogue.ts";
import type { InboundMessage } from "../platforms/inbound-event.ts";
import type { Id } from "../runtime/ids.ts";
import type { Table } from "../table/table.ts";
import { findIds, type IdsOf, joinIds } from "./aliases.ts";

/** Whether users may be named by several ids on this platform. */
export const haveSeveralIds = (type: string) =>
  Object.hasOwn(platforms, type) &&
  // It is one of its names.
  platforms[type as keyof typeof platforms].users_have_several_ids;

/** Where users of these channels are known by several ids; nowhere on platforms where each has one. */
export const placesOfUsers = (
  team_id: Id<"team">,
  channels: readonly { readonly id: Id<"ch">; readonly type: string }[],
): readonly IdsOf[] =>
  channels
    .filter(({ type }) => haveSeveralIds(type))
    .map(({ id }) => ({ team_id, channel_id: id, kind: "user" }));

/** All ids of a user on a platform: only this one where its users have one each. */
export async function idsOfUser(
  table: Table,
  places: readonly IdsOf[],
  id: string,
): Promise<readonly string[]> {
  const known = await findIds(table, places, id);
  return [...new Set([id, ...known.flatMap(({ ids }) => ids)])];
}

/** Has these ids of one person stand for one user of the channel. Gives the one that was known first. */
export const joinUserIds = (
  table: Table,
  { team_id, channel_id }: StoredHook,
  ids: readonly string[],
  now: number,
): Promise<string> => joinIds(table, { team_id, channel_id, kind: "user" }, ids, now);

/**
 * A message as one of the user that the channel knows, whichever ids it came with; a direct chat that is named as its user
 * is named so too.
 */
export async function underFirstId(
  table: Table,
  hook: StoredHook,
  message: InboundMessage,
  now: number,
): Promise<InboundMessage> {
  if (!haveSeveralIds(hook.type)) return message;
  const { user, is_direct, chat_id } = message;
  const ids = [user.id, ...user.also];
  const id = await joinUserIds(table, hook, ids, now);
  const isOwnChat = is_direct && ids.includes(chat_id);
  return { ...message, user: { ...user, id }, chat_id: isOwnChat ? id : chat_id };
}
