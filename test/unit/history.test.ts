import { describe, expect, it } from "@jest/globals";
import { historyOf, unreadPartners } from "#shared/conversations/history";
import type { StoredMessage } from "#shared/conversations/message";

const message = (number: number, fields: Partial<StoredMessage>): StoredMessage => ({
  id: `msg_${number}`,
  conversation_id: "conv_1",
  role: "user",
  type: "regular",
  content: String(number),
  attachments: [],
  integration_id: null,
  user: null,
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
  message(number, { role: "assistant", reply_to });

const numbers = (rows: readonly StoredMessage[]) => rows.map(({ number }) => number);

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
    expect(numbers(historyOf(talk, next, window))).toEqual(shown);
  });

  it("has each reply after its message when several messages came before the first was answered", () => {
    const burst = [user(1, 4), user(2, 5), user(3), reply(4, 1), reply(5, 2)];
    expect(numbers(historyOf(burst, burst[2]!, 10))).toEqual([1, 4, 2, 5, 3]);
    expect(numbers(historyOf(burst, burst[2]!, 3))).toEqual([2, 5, 3]);
  });

  it("has nothing that was said after the message that is next", () => {
    const rows = [user(1, 4), user(2), user(3), reply(4, 1), user(5)];
    expect(numbers(historyOf(rows, rows[1]!, 10))).toEqual([1, 4, 2]);
  });

  it("does not put an old reply before the new message because its own message was not read", () => {
    // 1, 2 and 3 came at once and were answered as 4, 5 and 6; 1 and 2 lie too far back.
    const rows = [user(3, 6), reply(4, 1), reply(5, 2), reply(6, 3), user(7)];
    expect(numbers(historyOf(rows, rows[4]!, 3))).toEqual([3, 6, 7]);
    expect(numbers(historyOf(rows, rows[4]!, 10))).toEqual([4, 5, 3, 6, 7]);
  });

  it("takes the rows in any order", () => {
    expect(numbers(historyOf([...talk].reverse(), next, 4))).toEqual([2, 3, 4, 5]);
  });

  it("keeps messages that were never answered in their place", () => {
    const rows = [user(1, 0), message(2, { answer: false }), user(3, 4), reply(4, 3), user(5)];
    expect(numbers(historyOf(rows, rows[4]!, 10))).toEqual([1, 2, 3, 4, 5]);
  });

  it("leaves out what was erased and fills up from before", () => {
    const rows = talk.map((row) =>
      row.number === 3 ? { ...row, metadata: { erased: true } } : row,
    );
    expect(numbers(historyOf(rows, next, 3))).toEqual([2, 4, 5]);
  });

  it("places what nobody asked for by its number", () => {
    const reminder = message(2, { role: "assistant", type: "synthetic" });
    const rows = [user(1, 3), reminder, reply(3, 1), user(4)];
    expect(numbers(historyOf(rows, rows[3]!, 10))).toEqual([1, 3, 2, 4]);
  });
});

describe("What belongs to messages and was not read", () => {
  it("is the reply that a message names", () => {
    const rows = [user(1, 9), user(2, 4), user(3, 0), reply(4, 2), user(5)];
    expect(unreadPartners(rows, rows)).toEqual([9]);
    expect(unreadPartners(rows.slice(1), rows)).toEqual([]);
  });

  it("is the message that a reply answers", () => {
    const rows = [user(3, 6), reply(4, 1), reply(5, 2), reply(6, 3), user(7)];
    expect(unreadPartners(rows, rows)).toEqual([1, 2]);
  });
});
