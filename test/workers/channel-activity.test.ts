import { beforeEach, describe, expect, it } from "@jest/globals";
import { createChannelStore } from "#shared/channels/channel-store";
import { isoTime } from "#shared/runtime/clock";
import { keys } from "#shared/table/keys";
import { channelWrites } from "#test/support/channel-row";
import { useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { useTelegram } from "#test/support/telegram-channel";
import { openTelegramChat } from "#test/support/telegram-chat";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();
const telegram = useTelegram();
const backend = useFakeBackend();
const minute = 60_000;
const now = () => isoTime(platform.clock());

let chat: WebChat;
beforeEach(async () => {
  chat = await openWebChat(platform);
});

const read = async ({ key, channel_id: id } = chat) =>
  (await platform.call("getChannel", { as: key, params: { id } })).body.data;
const lasts = async (of = chat) => {
  const { last_inbound_at, last_outbound_at } = await read(of);
  return [last_inbound_at, last_outbound_at];
};
const rowOf = ({ team, bot_id, channel_id } = chat) =>
  platform.table.get(keys.channel(team.id, bot_id, channel_id));
const writesWhile = (run: () => Promise<unknown>) => channelWrites(platform, chat.channel_id, run);

describe("What a channel tells of its last messages", () => {
  it("is null before the first, and then when each came and went", async () => {
    expect(await lasts()).toEqual([null, null]);
    await chat.talk("Hello!");
    const first = now();
    expect(await lasts()).toEqual([first, first]);
    platform.advance(minute);
    await chat.talk("Hello again!", { user: "ben" });
    expect(await lasts()).toEqual([now(), now()]);
  });

  it("stands in the list and in the answer to a change as well", async () => {
    await chat.talk("Hello!");
    const shown = { last_inbound_at: now(), last_outbound_at: now() };
    const { key: as, bot_id, channel_id: id } = chat;
    const params = { bot_id };
    platform.advance(1);
    const made = await platform.call("createChannel", { as, params, body: { type: "web" } });
    const list = await platform.call("listChannels", { as, params });
    expect(list.body.data).toMatchObject([{ id: made.body.data.id }, shown]);
    for (const one of [made.body.data, list.body.data[0]]) {
      expect(one).toMatchObject({ last_inbound_at: null, last_outbound_at: null });
    }
    const changed = await platform.call("updateChannel", {
      as,
      params: { id },
      body: { name: "X" },
    });
    expect(changed.body.data).toMatchObject(shown);
  });

  it("tells of messages that are kept and not answered", async () => {
    await chat.talk("Hello!");
    const answered = now();
    const body = { enabled: false };
    await platform.call("updateChannel", { as: chat.key, params: { id: chat.channel_id }, body });
    platform.advance(minute);
    await chat.talk("Anybody there?");
    expect(await lasts()).toEqual([now(), answered]);
  });

  it("goes back to what is left when a conversation is deleted", async () => {
    await chat.talk("Hello!");
    const first = now();
    platform.advance(minute);
    const id = await chat.talk("Hello!", { user: "ben" });
    await platform.call("deleteConversation", { as: chat.key, params: { id } });
    expect((await lasts())[0]).toBe(first);
  });

  it("does not count a reply that its platform refused", async () => {
    const of = await openTelegramChat(platform, telegram.fake, { backend_url: backend.url });
    const forbidden = { error_code: 403, description: "Forbidden: bot was blocked by the user" };
    telegram.fake.refuse("sendRichMessage", forbidden);
    await of.tell({ text: "Hello!" });
    await platform.settle();
    expect(await of.channel()).toMatchObject({ last_inbound_at: now(), last_outbound_at: null });
    await of.tell({ text: "Hello?", message_id: 790 });
    await platform.settle();
    expect(await of.channel()).toMatchObject({ last_outbound_at: now() });
  });

  it("counts a reply that left after a delay when it left", async () => {
    const settings = { response_delay: { min_ms: 30_000, max_ms: 30_000 } };
    chat = await openWebChat(platform, { bot: { settings } });
    await chat.talk("Hello!");
    const said = now();
    expect(await lasts()).toEqual([said, null]);
    platform.advance(30_000);
    await platform.settle();
    expect(await lasts()).toEqual([said, now()]);
  });
});

describe("The row of a channel", () => {
  it("is written once a minute, however many replies go out, at once too", async () => {
    const talk = (user: string) => chat.talk("Hello!", { user });
    const many = () => Promise.all(Array.from({ length: 10 }, (_, user) => talk(`user-${user}`)));
    expect(await writesWhile(many)).toBe(1);
    const first = now();
    platform.advance(minute - 1);
    expect(await writesWhile(many)).toBe(0);
    expect((await lasts())[1]).toBe(first);
    platform.advance(1);
    expect(await writesWhile(many)).toBe(1);
    expect((await lasts())[1]).toBe(now());
  });

  it("costs one write unit and one call for that, and reading it half a read unit and one call", async () => {
    await chat.talk("Hello!");
    const cost = async (run: () => Promise<unknown>) => {
      const { lines } = await withLog(run);
      return lines
        .filter(({ event }) => event === "request" || event === "message")
        .map(({ calls, read_units, write_units }) => [calls, read_units, write_units]);
    };
    const [, usual] = await cost(() => chat.talk("Hello!"));
    platform.advance(minute);
    const [, noting] = await cost(() => chat.talk("Hello!"));
    expect([usual, noting]).toEqual([
      [6, 5, 15],
      [7, 5, 16],
    ]);
    // Admission, the address is known, channel and bot; and the newest conversation.
    expect(await cost(() => read())).toEqual([[3, 2.5, 1]]);
  });

  it("that cannot be written holds up no reply", async () => {
    const sk = `"CHANNEL#${chat.channel_id}"`;
    platform.faults = ({ operation, input }) =>
      operation === "UpdateItem" && JSON.stringify(input).includes(sk)
        ? { kind: "connection_lost" }
        : undefined;
    const { lines } = await withLog(() => chat.talk("Hello!"));
    expect(lines.filter(({ event }) => event === "channel_not_noted")).toHaveLength(1);
    platform.faults = undefined;
    expect((await lasts())[1]).toBeNull();
    await chat.talk("Hello again!");
    expect((await lasts())[1]).toBe(now());
  });

  it("keeps what was noted while its team changed something else", async () => {
    const channels = createChannelStore(platform.table);
    const { team, channel_id } = chat;
    const seen = (await channels.find(team.id, channel_id))!.channel;
    await chat.talk("Hello!");
    const next = { ...seen, name: "Renamed", version: seen.version + 1 };
    expect(await channels.replace(team.id, next, seen, {})).toBe("replaced");
    expect(await rowOf()).toMatchObject({ name: "Renamed", last_outbound_at: now() });
    expect(await channels.replace(team.id, next, seen, {})).toBe("changed");
  });
});
