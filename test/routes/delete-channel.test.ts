import { describe, expect, it } from "@jest/globals";
import { allRows } from "#test/support/all-rows";
import { withLog } from "#test/support/log-lines";
import { aWebChannel } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();

const minute = 60_000;
const remove = ({ key, channel_id }: Pick<WebChat, "key" | "channel_id">) =>
  platform.call("deleteChannel", { as: key, params: { id: channel_id } });

/** The rows of a team that would stay for good: what goes by itself is not one. */
const lasting = async ({ team }: WebChat) =>
  (await allRows(`TEAM#${team.id}`)).filter((row) => row["remove_at"] === undefined);

/** The rows in which the channel is named, but for receipts, which go by themselves. */
const rowsOfChannel = async (chat: WebChat) =>
  (await lasting(chat)).filter((row) => JSON.stringify(row).includes(chat.channel_id));

describe("DELETE /v1/channels/{id}", () => {
  itRefuses("deleteChannel", platform, async (as) => ({
    as,
    params: { id: await aWebChannel(platform, as) },
  }));

  it("answers with the id, and 404 when it is sent again", async () => {
    const chat = await openWebChat(platform);
    const { status, body } = await remove(chat);
    expect(status).toBe(200);
    expect(body).toEqual({ data: { id: chat.channel_id, deleted: true } });
    expect((await remove(chat)).status).toBe(404);
  });

  it("succeeds once when it is sent several times at once", async () => {
    const chat = await openWebChat(platform);
    const answers = await Promise.all(Array.from({ length: 5 }, () => remove(chat)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(4);
  });

  it("hides the channel, its conversations and their messages at once", async () => {
    const chat = await openWebChat(platform);
    const other = await openWebChat(platform, { team: chat.team, bot_id: chat.bot_id });
    const id = await chat.talk("Hello!");
    const stays = await other.talk("Hello!");
    await remove(chat);
    const as = chat.key;
    const statuses = await Promise.all([
      platform.call("getChannel", { as, params: { id: chat.channel_id } }),
      platform.call("getConversation", { as, params: { id } }),
      platform.call("listMessages", { as, params: { id } }),
      platform.call("deleteConversation", { as, params: { id } }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    const list = { as, params: { bot_id: chat.bot_id } };
    const queries: Readonly<Record<string, string>>[] = [
      {},
      { user_id: "ada" },
      { platform: "web" },
      { active_after: "2026-01-01T00:00:00Z" },
    ];
    for (const query of queries) {
      const { body } = await platform.call("listConversations", { ...list, query });
      expect([body.data.length, body.data[0]?.id, body.meta.total]).toEqual([1, stays, 1]);
    }
    const query = { channel_id: chat.channel_id };
    const ofChannel = await platform.call("listConversations", { ...list, query });
    expect(ofChannel.body).toMatchObject({ data: [], meta: { total: 0 } });
  });

  it("erases everything that was said in it, and looks a second time after ten minutes", async () => {
    const chat = await openWebChat(platform);
    const other = await openWebChat(platform, { team: chat.team, bot_id: chat.bot_id });
    for (const user of ["ada", "bob", "eve"]) await chat.talk("A secret", { user });
    await chat.talk("A secret", { user: "bob", chat_id: "ada" });
    const stays = await other.talk("Hello!");
    await remove(chat);
    await platform.settle();
    const left = (await rowsOfChannel(chat)).map(({ sk }) => sk.split("#")[0]);
    expect(new Set(left)).toEqual(new Set(["COUNT", "JOB"]));

    platform.advance(11 * minute);
    await platform.settle();
    expect(await rowsOfChannel(chat)).toEqual([]);
    const texts = JSON.stringify(await allRows(`TEAM#${chat.team.id}`));
    expect(texts).not.toContain("A secret");
    expect(
      (await platform.call("getConversation", { as: chat.key, params: { id: stays } })).status,
    ).toBe(200);
  });

  it("erases what slipped in behind the first look", async () => {
    const chat = await openWebChat(platform);
    const id = await chat.talk("A secret");
    const rows = (await lasting(chat)).filter(({ pk }) => pk.includes(id) || pk.includes("#KEY#"));
    await remove(chat);
    await platform.settle();
    for (const row of rows) await platform.table.putIfAbsent(row);
    expect(await rowsOfChannel(chat)).not.toEqual([]);
    platform.advance(11 * minute);
    await platform.settle();
    expect(await rowsOfChannel(chat)).toEqual([]);
  });

  it("ends the erasure although messages to the worker are lost: the sweep finds it", async () => {
    const chat = await openWebChat(platform);
    await chat.talk("A secret");
    platform.faults = ({ operation }) =>
      operation === "SendMessage" ? { kind: "lost" } : undefined;
    await remove(chat);
    await platform.settle();
    expect(JSON.stringify(await lasting(chat))).toContain("A secret");
    platform.advance(minute);
    await platform.sweep();
    await platform.settle();
    expect(JSON.stringify(await lasting(chat))).not.toContain("A secret");
    platform.advance(11 * minute);
    await platform.sweep();
    await platform.settle();
    platform.faults = undefined;
    expect(await rowsOfChannel(chat)).toEqual([]);
  });

  it("goes on where it stopped when the table fails half-way", async () => {
    const chat = await openWebChat(platform);
    for (const user of ["ada", "bob", "eve"]) await chat.talk("A secret", { user });
    let deletions = 0;
    platform.faults = ({ operation }) =>
      operation === "BatchWriteItem" && ++deletions > 4 ? { kind: "throttle" } : undefined;
    const { lines } = await withLog(async () => {
      await remove(chat);
      await platform.settle();
    });
    expect(lines.map(({ event }) => event)).toContain("work_failed");
    const half = await lasting(chat);
    expect(deletions).toBeGreaterThan(4);
    expect(JSON.stringify(half)).toContain("A secret");
    platform.faults = undefined;
    platform.advance(6_000);
    await platform.settle();
    expect(JSON.stringify(await lasting(chat))).not.toContain("A secret");
    platform.advance(11 * minute);
    await platform.settle();
    expect(await rowsOfChannel(chat)).toEqual([]);
  });

  it("keeps no conversation that is begun while the channel goes", async () => {
    const chat = await openWebChat(platform);
    const [gone, ...sent] = await Promise.all([
      remove(chat),
      ...Array.from({ length: 30 }, (_, index) => chat.say("A secret", { user: `user-${index}` })),
    ]);
    expect(gone.status).toBe(200);
    expect(sent.every(({ status }) => status === 201 || status === 404)).toBe(true);
    await platform.settle();
    platform.advance(11 * minute);
    await platform.settle();
    expect(await rowsOfChannel(chat)).toEqual([]);
  });
});
