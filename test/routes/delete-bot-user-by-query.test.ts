import { describe, expect, it } from "@jest/globals";
import type { Conversation } from "#shared/conversations/conversation";
import { type ErasableChat, openErasableChat } from "#test/support/erasable-chat";
import { aBot } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { rowsWith } from "#test/support/stored-rows";
import { type TestRequest, usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

/** Has a user erased by the query; what was said before is older by a millisecond. */
async function erase({ key, bot_id }: ErasableChat, query: TestRequest["query"]) {
  platform.advance(1);
  const request = { as: key, params: { bot_id }, query };
  const answer = await platform.call("deleteBotUserByQuery", request);
  await platform.settle();
  return answer;
}

const usersOf = async (chat: ErasableChat) =>
  (await chat.conversations()).data.map(({ user }: Pick<Conversation, "user">) => user.id);

describe("DELETE /v1/bots/{bot_id}/users", () => {
  itRefuses("deleteBotUserByQuery", platform, async (as) => ({
    as,
    params: { bot_id: await aBot(platform, as) },
    query: { user_id: "user-ada" },
  }));

  it.each([
    [".", ".."],
    ["..", "."],
    ["a/b", "a%2Fb"],
    ["/", "//"],
    ["a+b c&d=e#f%2F", "a b c&d=e#f/"],
    ["\u{feff}x", "x"],
    ["\u0000", " "],
    ["😀".repeat(128), "😀".repeat(127)],
  ])("erases the user %j to the letter", async (user, other) => {
    const chat = await openErasableChat(platform);
    await chat.talk("My own words", { user, chat_id: "one" });
    await chat.talk("Their words", { user: other, chat_id: "other" });
    const { status, body } = await erase(chat, { user_id: user });
    expect([status, body]).toEqual([200, { data: { user_id: user, deleted: true } }]);
    expect(await usersOf(chat)).toEqual([other]);
    expect(await rowsWith("My own words", chat.team.id)).toEqual([]);
  });

  it("can be bound to a platform", async () => {
    const chat = await openErasableChat(platform);
    await chat.talk("Hello", { user: ".." });
    expect((await erase(chat, { user_id: "..", platform: "web" })).status).toBe(200);
    expect(await usersOf(chat)).toEqual([]);
  });

  it.each([
    ["", "query.user_id"],
    ["user_id=", "query.user_id"],
    [`user_id=${"x".repeat(257)}`, "query.user_id"],
    ["user_id=user-ada&user_id=user-bob", "query.user_id"],
    ["user_id=user-ada&platform=pigeon", "query.platform"],
    ["user_id=user-ada&channel_id=ch_1", "query.channel_id"],
  ])("refuses the query %j and erases nothing", async (query, path) => {
    const chat = await openErasableChat(platform);
    await chat.talk("Hello", { user: "user-ada" });
    const { status, body } = await erase(chat, query);
    expect([status, body.error.code, body.error.details[0].path]).toEqual([
      422,
      "validation_error",
      path,
    ]);
    expect(await usersOf(chat)).toEqual(["user-ada"]);
  });
});
