import { notFound } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import { numberAt, type NumberRange, numbersOfTime } from "../table/dense-numbers.ts";
import type { Page, PageRequest } from "../table/page.ts";
import type { StoredConversation } from "./conversation.ts";
import type { ConversationStore } from "./conversation-store.ts";
import type { StoredMessage } from "./message.ts";

/** Which messages are asked for. */
export interface MessageFilter {
  readonly role?: StoredMessage["role"] | undefined;
  readonly created_after?: string | undefined;
  readonly created_before?: string | undefined;
  readonly order: "asc" | "desc";
}

/** Rows examined at most for a filter by role. */
const mostExamined = 10_000;
const chunk = 200;

/** A conversation's messages: numbers are dense and times ascend with them, so any page is a range of numbers. */
export async function listMessages(
  { conversations }: { readonly conversations: ConversationStore },
  teamId: Id<"team">,
  conversationId: Id<"conv">,
  filter: MessageFilter,
  page: PageRequest,
): Promise<Page<StoredMessage>> {
  const found = await conversations.find(teamId, conversationId);
  if (!found) throw notFound();
  const { conversation } = found;
  const range = await numbersOfTime(
    conversation.message_count,
    { after: filter.created_after, before: filter.created_before },
    async (number) => (await conversations.message(teamId, conversationId, number))?.created_at,
  );
  const source: Source = {
    read: ({ from, to }) => conversations.range(teamId, conversationId, from, to),
    range,
    conversation,
  };
  return filter.role === undefined
    ? pageOfRange(source, filter.order, page)
    : pageOfRole(source, { ...filter, role: filter.role }, page);
}

/** A conversation with the numbers of the times that are asked for. */
interface Source {
  readonly conversation: StoredConversation;
  readonly range: NumberRange;
  readonly read: (wanted: NumberRange) => Promise<StoredMessage[]>;
}

type Order = MessageFilter["order"];

/** The part of a range that comes after a number in this order. */
function restOf({ from, to }: NumberRange, order: Order, after: string | undefined): NumberRange {
  if (after === undefined) return { from, to };
  const number = numberAt(after);
  return order === "asc"
    ? { from: Math.max(from, number + 1), to }
    : { from, to: Math.min(to, number - 1) };
}

/** So many numbers from the beginning of a range in this order, some skipped. */
const slice = (
  { from, to }: NumberRange,
  order: Order,
  skip: number,
  count: number,
): NumberRange =>
  order === "asc"
    ? { from: from + skip, to: Math.min(to, from + skip + count - 1) }
    : { from: Math.max(from, to - skip - count + 1), to: to - skip };

async function pageOfRange(
  { read, range }: Source,
  order: Order,
  { per_page, page, after }: PageRequest,
): Promise<Page<StoredMessage>> {
  const rest = restOf(range, order, after);
  const wanted = slice(rest, order, after === undefined ? (page - 1) * per_page : 0, per_page);
  const found = wanted.from > wanted.to ? [] : await read(wanted);
  const rows = order === "asc" ? found : found.toReversed();
  const more = order === "asc" ? wanted.to < range.to : wanted.from > range.from;
  return {
    rows,
    total: Math.max(0, range.to - range.from + 1),
    next: more && rows.length > 0 ? String(rows.at(-1)?.number) : undefined,
  };
}

async function pageOfRole(
  source: Source,
  { role, order, created_after, created_before }: MessageFilter & { role: StoredMessage["role"] },
  { per_page, page, after }: PageRequest,
): Promise<Page<StoredMessage>> {
  const { read, range, conversation } = source;
  const counted = conversation[`${role}_count`];
  const isWhole = created_after === undefined && created_before === undefined;
  if (counted === 0) return { rows: [], total: 0 };
  const skip = after === undefined ? (page - 1) * per_page : 0;
  const found: StoredMessage[] = [];
  let rest = restOf(range, order, after);
  let examined = 0;
  // Two roles take turns in most conversations: then one read is enough, and no more than is needed.
  let step = 2 * (skip + per_page + 1);
  while (rest.from <= rest.to && found.length <= skip + per_page && examined < mostExamined) {
    const wanted = slice(rest, order, 0, Math.min(step, mostExamined - examined));
    step = chunk;
    const rows = await read(wanted);
    found.push(
      ...(order === "asc" ? rows : rows.toReversed()).filter((message) => message.role === role),
    );
    examined += wanted.to - wanted.from + 1;
    rest = restOf(rest, order, String(order === "asc" ? wanted.to : wanted.from));
  }
  const rows = found.slice(skip, skip + per_page);
  const stoppedAt = order === "asc" ? rest.from - 1 : rest.to + 1;
  const more = found.length > skip + per_page;
  const next = more ? rows.at(-1)?.number : rest.from <= rest.to ? stoppedAt : undefined;
  const total = isWhole ? { total: counted, total_is_exact: true } : await countRole(source, role);
  return { rows, next: next === undefined ? undefined : String(next), ...total };
}

async function countRole({ read, range }: Source, role: StoredMessage["role"]) {
  let total = 0;
  let from = range.from;
  while (from <= range.to) {
    if (from - range.from >= mostExamined) return { total, total_is_exact: false };
    const rows = await read({ from, to: Math.min(range.to, from + chunk - 1) });
    total += rows.filter((message) => message.role === role).length;
    from += chunk;
  }
  return { total, total_is_exact: true };
}
