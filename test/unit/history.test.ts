import { describe, expect, it } from "@jest/globals";
import { createDraws } from "#lib/simulation/draws";
import { historyOf } from "#shared/conversations/history";
import { isErased, type StoredMessage } from "#shared/conversations/message";
import { readHistory, type ReadTurnDeps } from "#shared/conversations/read-turn";
import type { Turn } from "#shared/conversations/turn";

const message = (number: number, fields: Partial<StoredMessage>): StoredMessage => ({
  id: `msg_${number}`,
  conversation_id: "conv_1",
  role: "user",
  type: "regular",
  content: String(number),
  attachments: [],
  integration_id: null,
  user: { id: "ada", name: null, username: null },
  delivery: null,
  metadata: {},
  number,
  created_at: "",
  updated_at: "",
  ...fields,
});

/** A message of the user; 0 as reply: none was wanted. */
const user = (number: number, reply_number?: number) =>
  message(number, { answer: true, ...(reply_number !== undefined && { reply_number }) });
const reply = (number: number, reply_to: number) =>
  message(number, { role: "assistant", user: null, reply_to });

/** A message as its erasure leaves it. */
const erased = { user: null, content: "", metadata: { erased: true } };

/** The numbers of a history when all of these are known. */
function numbers(rows: readonly StoredMessage[], next: StoredMessage, window: number) {
  const history = historyOf(new Map(rows.map((row) => [row.number, row])), next, window);
  if (!("messages" in history)) throw new Error(JSON.stringify(history.unread));
  return history.messages.map(({ number }) => number);
}

describe("A history", () => {
  const talk = [user(1, 2), reply(2, 1), user(3, 4), reply(4, 3), user(5)];
  const next = talk.at(-1)!;

  it.each([
    [1, [5]],
    [2, [4, 5]],
    [3, [3, 4, 5]],
    [5, [1, 2, 3, 4, 5]],
    [100, [1, 2, 3, 4, 5]],
  ])("is the last %i messages, oldest first, the new one last and counted", (window, shown) => {
    expect(numbers(talk, next, window)).toEqual(shown);
  });

  it("has each reply after its message when several messages came before the first was answered", () => {
    const burst = [user(1, 4), user(2, 5), user(3), reply(4, 1), reply(5, 2)];
    expect(numbers(burst, burst[2]!, 10)).toEqual([1, 4, 2, 5, 3]);
    expect(numbers(burst, burst[2]!, 3)).toEqual([2, 5, 3]);
  });

  it("has one reply after the last of the messages that it answers", () => {
    const rows = [user(1, 4), user(2, 4), user(3, 5), reply(4, 2), reply(5, 3), user(6)];
    expect(numbers(rows, rows[5]!, 10)).toEqual([1, 2, 4, 3, 5, 6]);
    expect(numbers(rows, rows[5]!, 4)).toEqual([4, 3, 5, 6]);
    const said = rows
      .filter(({ role }) => role === "user")
      .map((row, index, all) => ({ ...row, previous: all[index - 1]?.number ?? 0 }));
    const history = historyOf(new Map(said.map((row) => [row.number, row])), said[3]!, 10);
    expect(history).toEqual({ unread: { numbers: [5, 4], range: undefined } });
  });

  it("has nothing that was said after the message that is next", () => {
    const rows = [user(1, 4), user(2), user(3), reply(4, 1), user(5)];
    expect(numbers(rows, rows[1]!, 10)).toEqual([1, 4, 2]);
  });

  it("takes the rows in any order", () => {
    expect(numbers([...talk].reverse(), next, 4)).toEqual([2, 3, 4, 5]);
  });

  it("keeps messages that were never answered in their place", () => {
    const rows = [user(1, 0), message(2, { answer: false }), user(3, 4), reply(4, 3), user(5)];
    expect(numbers(rows, rows[4]!, 10)).toEqual([1, 2, 3, 4, 5]);
  });

  it("leaves out what was erased and fills up from before", () => {
    const rows = talk.map((row) => ([3, 4].includes(row.number) ? { ...row, ...erased } : row));
    expect(numbers(rows, next, 3)).toEqual([1, 2, 5]);
  });

  it("has a reply of whose metadata the backend says that it was erased", () => {
    const rows = talk.map((row) =>
      row.number === 4 ? { ...row, metadata: { erased: true } } : row,
    );
    expect(numbers(rows, next, 3)).toEqual([3, 4, 5]);
  });

  it("places what nobody asked for by its number", () => {
    const reminder = message(2, { role: "assistant", type: "synthetic" });
    const rows = [user(1, 3), reminder, reply(3, 1), user(4)];
    expect(numbers(rows, rows[3]!, 10)).toEqual([1, 3, 2, 4]);
  });
});

/** Draws what is said and answered in a conversation: bursts, turns, silence, what nobody answers, what is erased. */
function aConversation(random: () => number, length: number) {
  const rows: StoredMessage[] = [];
  let handled = 0;
  let last = 0;
  const set = (number: number, fields: Partial<StoredMessage>) =>
    (rows[number - 1] = { ...rows[number - 1]!, ...fields });
  /** The next turn: nothing but replies stands between its messages. */
  const waiting = (most: number) => {
    const said = rows.filter((row) => row.number > handled && row.role === "user");
    const from = said.findIndex(({ answer }) => answer === true);
    if (from < 0) return undefined;
    const run = said.slice(from, from + most);
    const end = run.findIndex((row, index) => index > 0 && (row.answer !== true || isErased(row)));
    return end < 0 ? run : run.slice(0, end);
  };
  let eagerness = random();
  while (rows.length < length) {
    if (random() < 0.05) eagerness = random();
    const number = rows.length + 1;
    const turn = waiting(random() < 0.8 ? 1 : 5);
    if (turn && random() < eagerness) {
      handled = turn.at(-1)!.number;
      const isAnswered = random() < 0.9;
      for (const one of turn) set(one.number, { reply_number: isAnswered ? number : 0 });
      const isGone = isErased(rows[handled - 1]!);
      if (isAnswered) rows.push({ ...reply(number, handled), ...(isGone && erased) });
    } else {
      rows.push(message(number, { answer: random() < 0.8, previous: last }));
      last = number;
      if (random() < 0.1) set(number, erased);
    }
  }
  const turn = waiting(random() < 0.8 ? 1 : 5) ?? [message(length + 1, { previous: last })];
  return { rows, handled, question: turn.at(-1)!, earlier: turn.slice(0, -1) };
}

/** What `readHistory` gives when the turn was read as usual, and how often it read. */
async function readOf(
  {
    rows,
    handled,
    question,
    earlier = [],
  }: Omit<ReturnType<typeof aConversation>, "earlier"> & { readonly earlier?: StoredMessage[] },
  context_window: number,
) {
  let reads = 0;
  const between = (from: number, to: number) =>
    rows.filter(({ number }) => number >= from && number <= to);
  const conversations = {
    messages: async (_: string, __: string, wanted: readonly number[]) =>
      rows.filter(({ number }) => wanted.includes(number)),
    range: async (_: string, __: string, from: number, to: number) => {
      reads++;
      return between(from, to);
    },
  };
  const turn = {
    lease: { ref: { team_id: "team_1" } },
    bot: { settings: { context_window } },
    question,
    earlier,
    rows: between(handled + 2 - context_window, Math.max(handled + 10, question.number)),
  };
  const history = await readHistory(
    { conversations } as unknown as ReadTurnDeps,
    turn as unknown as Turn,
  );
  return { numbers: history.map(({ number }) => number), reads };
}

/** The last of all that was said, put in order by place. */
const toldSimply = (rows: readonly StoredMessage[], next: StoredMessage, window: number) => {
  const place = ({ number, reply_to }: StoredMessage) => reply_to ?? number;
  const earlier = rows
    .filter((row) => place(row) < next.number && !isErased(row))
    .toSorted((one, other) => place(one) - place(other) || one.number - other.number);
  return [...earlier, next].slice(-window).map(({ number }) => number);
};

describe("A history of any conversation", () => {
  it.each([
    ["as it is written", (rows: StoredMessage[]) => rows],
    [
      "of rows that do not say what came before them",
      (rows: StoredMessage[]) =>
        rows.map(
          (row) =>
            Object.fromEntries(
              Object.entries(row).filter(([name]) => name !== "previous"),
            ) as unknown as StoredMessage,
        ),
    ],
  ])("is the last that was said by place, in bounded reads: %s", async (name, written) => {
    const draws = createDraws(7, 1);
    const random = () => draws.next();
    for (let round = 0; round < 400; round++) {
      const conversation = aConversation(random, 1 + Math.floor(random() * 300));
      const rows = written(conversation.rows);
      const question = rows[conversation.question.number - 1] ?? conversation.question;
      for (const window of [1, 2, 3, 5, 10, 50]) {
        const { numbers: read, reads } = await readOf({ ...conversation, rows, question }, window);
        // A turn is shown whole.
        const most = Math.max(window, conversation.earlier.length + 1);
        expect([round, window, read]).toEqual([round, window, toldSimply(rows, question, most)]);
        if (name === "as it is written") expect(reads).toBeLessThanOrEqual(most);
      }
    }
  });

  it("does not read on through the replies to a long burst", async () => {
    const burst = 2_000;
    const rows = Array.from({ length: burst }, (_, index) =>
      message(index + 1, { previous: index, reply_number: burst + index + 1, answer: true }),
    );
    for (let to = 1; to <= burst; to++) rows.push(reply(burst + to, to));
    const exchange = 2 * burst + 1;
    rows.push(message(exchange, { previous: burst, reply_number: exchange + 1 }));
    rows.push(reply(exchange + 1, exchange));
    const question = message(exchange + 2, { previous: exchange, answer: true });
    const { numbers: read, reads } = await readOf({ rows, handled: exchange, question }, 6);
    expect(read).toEqual(toldSimply(rows, question, 6));
    expect(reads).toBe(1);
  });

  it.each([1, 2, 10, 50])(
    "is shorter than a window of %i, rather than read on and on, where a great deal was erased",
    async (window) => {
      const rows = Array.from({ length: 5_000 }, (_, index) => ({
        ...message(index + 1, { previous: index }),
        ...(index > 0 && erased),
      }));
      const question = message(5_001, { previous: 5_000, answer: true });
      const { numbers: read, reads } = await readOf({ rows, handled: 5_000, question }, window);
      expect(read).toEqual([5_001]);
      expect(reads).toBeLessThanOrEqual(window);
    },
  );
});
