import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { figuresOf } from "#test/support/counted";
import { answers, type FakeBackend, useFakeBackend } from "#test/support/fake-backend";
import { addBackend } from "#test/support/integrations";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();
const [one, other, spare] = [useFakeBackend(), useFakeBackend(), useFakeBackend()];
let chat: WebChat;
let ids: { one: Id<"int">; other: Id<"int">; spare: Id<"int"> };
beforeEach(async () => {
  chat = await openWebChat(platform, {
    bot: { settings: { routing: { sticky: "conversation" } } },
  });
  ids = {
    one: await addBackend(platform, chat, one.url),
    other: await addBackend(platform, chat, other.url),
    spare: await addBackend(platform, chat, spare.url, { fallback: true }),
  };
});

const change = (id: Id<"int">, body: object) =>
  platform.call("updateIntegration", { as: chat.key, params: { id }, body });
/** Who gave the replies to so many messages, in order. */
async function answeredBy(messages: number, user = "ada"): Promise<Id<"int">[]> {
  const by: Id<"int">[] = [];
  for (let count = 0; count < messages; count++) {
    platform.advance(1);
    const { body } = await chat.say("Hello!", { user, wait: 20 });
    by.push(body.data.reply.integration_id);
  }
  return by;
}
/** The backend that the conversation stays with, and the one that it does not. */
async function stuck(): Promise<[mine: Id<"int">, its: FakeBackend, next: Id<"int">]> {
  const [mine] = await answeredBy(1);
  return mine === ids.one ? [ids.one, one, ids.other] : [ids.other, other, ids.one];
}

describe("A conversation of a bot whose routing is sticky", () => {
  it("stays with the backend that answered it last; others have backends of their own", async () => {
    const [mine] = await stuck();
    expect(new Set(await answeredBy(12))).toEqual(new Set([mine]));
    const users = Array.from({ length: 12 }, (_, index) => `user-${index}`);
    const firsts = [];
    for (const user of users) firsts.push(...(await answeredBy(1, user)));
    expect(new Set(firsts)).toEqual(new Set([ids.one, ids.other]));
  });

  it("costs no write more than one that is drawn for", async () => {
    await answeredBy(1);
    let writes = 0;
    platform.faults = ({ operation }) => {
      if (operation === "TransactWriteItems" || operation === "UpdateItem") writes++;
      return undefined;
    };
    await answeredBy(1);
    const sticky = writes;
    await platform.call("updateBot", {
      as: chat.key,
      params: { id: chat.bot_id },
      body: { settings: { routing: { sticky: null } } },
    });
    writes = 0;
    await answeredBy(1);
    expect(writes).toBe(sticky);
  });

  it("goes on to the fallbacks when that one fails, and back to it", async () => {
    const [mine, its] = await stuck();
    its.answer(answers.status(500), answers.echo());
    expect(await answeredBy(4)).toEqual([ids.spare, mine, mine, mine]);
  });

  it("leaves one that is skipped, and stays with who answers then", async () => {
    const [mine, its, next] = await stuck();
    its.answer(answers.status(500));
    expect(await answeredBy(7)).toEqual([...Array(5).fill(ids.spare), next, next]);
    its.answer(answers.echo());
    platform.advance(30_000);
    expect(await answeredBy(3)).toEqual([next, next, next]);
    expect((await figuresOf(chat.team.id, chat.bot_id))[mine]).toMatchObject({
      asked_first: 6,
      failed_http_error: 5,
    });
  });

  it.each<[string, (id: Id<"int">) => Promise<unknown>]>([
    ["is disabled", (id) => change(id, { status: "disabled" })],
    ["has the weight 0", (id) => change(id, { weight: 0 })],
    ["has become a fallback", (id) => change(id, { fallback: true })],
    ["is deleted", (id) => platform.call("deleteIntegration", { as: chat.key, params: { id } })],
  ])("leaves one that %s", async (_, act) => {
    const [mine, , next] = await stuck();
    await act(mine);
    expect(await answeredBy(3)).toEqual([next, next, next]);
  });

  it("is not held by what was drawn before the weights were changed", async () => {
    const [mine, , next] = await stuck();
    await change(next, { weight: 1_000 });
    expect(new Set(await answeredBy(8))).toEqual(new Set([mine]));
  });
});

describe("A conversation of a bot whose routing is not sticky", () => {
  it("is drawn for with each message, as with bots from before there was such a setting", async () => {
    const key = keys.bot(chat.team.id, chat.bot_id);
    const row = await platform.table.get(key);
    // As it was read.
    const { routing: _, ...settings } = row!["settings"] as Record<string, unknown>;
    await platform.table.update(key, { set: { settings } });
    const { body } = await platform.call("getBot", { as: chat.key, params: { id: chat.bot_id } });
    expect(body.data.settings.routing).toEqual({ sticky: null });
    expect(new Set(await answeredBy(16))).toEqual(new Set([ids.one, ids.other]));
  });
});
