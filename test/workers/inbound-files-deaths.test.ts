import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { createApiKeyStore } from "#shared/api-keys/api-key-store";
import { deleteTeam } from "#shared/erasure/delete-team";
import { derivedId } from "#shared/runtime/derived-id";
import { createMint } from "#shared/runtime/mint";
import { createTeamStore } from "#shared/teams/team-store";
import { liveWork } from "#shared/work/live-work";
import { allRows } from "#test/support/all-rows";
import { held } from "#test/support/fake-backend";
import { aPhoto, useFileChat } from "#test/support/file-chat";
import { withLog } from "#test/support/log-lines";
import { usePlatform } from "#test/support/test-platform";
import { ada, group } from "../fixtures/telegram/updates.ts";

const platform = usePlatform();
const on = useFileChat(platform);

const image = { type: "image_url", image_url: { url: expect.any(String) } };
const losses = ["connection_lost", "answer_lost"] as const;
const minute = 60_000;

/** Lets the workers run, the first of which dies at this call to AWS; whether it made so many. */
async function dieAt(at: number, loses: (typeof losses)[number]): Promise<boolean> {
  let count = 0;
  platform.faults = () => {
    const call = count++;
    if (call < at) return undefined;
    return { kind: call === at ? loses : "connection_lost" };
  };
  await withLog(() => platform.settle());
  platform.faults = undefined;
  return count > at;
}

/** Lets others take over from a worker that died, so often. */
async function recover(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    platform.advance(minute + 1_000);
    await platform.sweep();
    await withLog(() => platform.settle());
  }
}

/** The message rows of the team's only conversation. */
const messageRows = async () => {
  const rows = await allRows(`TEAM#${on.chat.team.id}`);
  return rows.filter(({ sk }) => sk.startsWith("MESSAGE#"));
};
const isAwaited = (row: object) => "files" in row;

describe("A worker that dies", () => {
  it.each(losses)(
    "at any call to AWS is followed by one that fetches what is not kept, once: %s",
    async (loses) => {
      for (let at = 0, isOver = false; !isOver; at++) {
        await on.open();
        on.backend.requests.length = 0;
        on.fake.calls.length = 0;
        for (const id of ["one", "two", "three"]) {
          on.put(id);
          await on.tell({ ...aPhoto(id), media_group_id: `album ${at}` });
        }
        platform.advance(2_000);
        isOver = !(await dieAt(at, loses));
        const kept = (await messageRows()).flatMap((row, place) =>
          row["role"] === "user" && !isAwaited(row) ? [["one", "two", "three"][place]] : [],
        );
        const before = on.wanted().length;
        await recover(3);
        const again = on.wanted().slice(before);
        expect([at, again.filter((id) => kept.includes(String(id)))]).toEqual([at, []]);
        expect([
          at,
          on
            .asked()
            .at(-1)
            ?.map(({ content }) => content),
        ]).toEqual([at, [[image], [image], [image]]]);
        const rows = await messageRows();
        expect([at, rows.filter(isAwaited)]).toEqual([at, []]);
        expect([at, (await on.rows()).length]).toEqual([at, 3]);
        const replies = rows.filter(({ role }) => role === "assistant");
        expect([at, replies]).toEqual([at, [expect.objectContaining({ reply_to: 3 })]]);
        for (const { content } of on.asked().at(-1) ?? []) {
          expect([at, await on.read(Array.isArray(content) ? content[0] : undefined)]).toEqual([
            at,
            { type: "image/jpeg", text: expect.stringMatching(/^(one|two|three)$/) },
          ]);
        }
      }
    },
  );
});

/** How the user, or what lies over the message, is erased. */
const erasures = ["user", "conversation", "channel", "bot", "team"] as const;

/** Has one of these erased; jobs come when the workers run. */
async function erase(what: (typeof erasures)[number]): Promise<void> {
  const { team, key, bot_id, channel_id, conversations } = on.chat;
  if (what === "team") {
    const { table } = platform;
    const stores = { teams: createTeamStore(table), apiKeys: createApiKeyStore(table) };
    await deleteTeam({ ...liveWork(), ...stores }, team.id, createMint(platform.clock()));
    return;
  }
  const [conversation] = await conversations();
  const requests = {
    user: ["deleteBotUser", { bot_id, user_id: String(ada.id) }],
    conversation: ["deleteConversation", { id: conversation.id }],
    channel: ["deleteChannel", { id: channel_id }],
    bot: ["deleteBot", { id: bot_id }],
  } as const;
  const [operationId, params] = requests[what];
  const { status } = await platform.call(operationId, { as: key, params });
  expect(status).toBe(200);
}

/** Has all jobs run to their end, over second looks. */
async function runJobs(): Promise<void> {
  for (let looks = 0; looks < 8; looks++) {
    await withLog(() => platform.settle());
    if ((await allRows(`TEAM#${on.chat.team.id}#JOB#`)).length === 0) return;
    platform.advance(11 * minute);
    await platform.sweep();
  }
  throw new Error("A job has not come to its end.");
}

/** Sends a photo that is not worked on yet, and gives the id that its file is going to have. */
async function anAwaitedFile(message: object = {}) {
  await on.tell({ ...aPhoto("cat"), ...message });
  const [row] = await messageRows();
  if (!row) throw new Error("The message was not kept.");
  return derivedId("file", Date.parse(String(row["created_at"])), String(row["id"]), "0");
}

/** What is left of a file: its row, its bytes, a message that names it. */
async function leftOf(id: ReturnType<typeof derivedId<"file">>) {
  const rows = (await allRows(`TEAM#${on.chat.team.id}`)).filter((row) =>
    JSON.stringify(row).includes(id),
  );
  const hasBytes = await on.blobs.has(on.chat.team.id, { id });
  return [...rows.map(({ sk }) => sk), ...(hasBytes ? ["bytes"] : [])];
}

describe.each(erasures)("An erased %s", (what) => {
  it("leaves nothing of a file that is being fetched, and no backend is told of it", async () => {
    await on.open();
    const { answer, release } = held((_, response) => void response.end("a cat"));
    on.put("cat", { answer });
    const id = await anAwaitedFile();
    platform.advance(1);
    const running = withLog(() => platform.settle());
    while (!on.fake.calls.some(({ name }) => name === "file")) await sleep(5);
    await erase(what);
    const words = async () =>
      (await messageRows()).filter(({ role, user }) => role === "user" && user !== null);
    while ((await words()).length > 0) await sleep(5);
    release();
    await running;
    await runJobs();
    await recover(1);
    expect(await leftOf(id)).toEqual([]);
    expect(on.backend.requests).toEqual([]);
  });
});

// The others erase conversation after conversation.
describe.each(["user", "conversation"] as const)("An erased %s", (what) => {
  it.each(losses)(
    "leaves nothing of a file whose worker died at any call to AWS: %s",
    async (loses) => {
      for (let at = 0, isOver = false; !isOver; at++) {
        await on.open();
        on.put("cat");
        const id = await anAwaitedFile();
        platform.advance(1);
        isOver = !(await dieAt(at, loses));
        platform.advance(1);
        await erase(what);
        await runJobs();
        await recover(1);
        expect([at, await leftOf(id)]).toEqual([at, []]);
      }
    },
  );
});

describe("A user who is erased in a group", () => {
  it("takes along the file that was being fetched, and the others' stay", async () => {
    await on.open({ conversation: { mode: "thread" }, should_respond: { groups: "always" } });
    on.put("dog");
    await on.say({ chat: group, from: { ...ada, id: 7 }, ...aPhoto("dog") });
    const { answer, release } = held((_, response) => void response.end("a cat"));
    on.put("cat", { answer });
    await on.tell({ chat: group, ...aPhoto("cat") });
    platform.advance(1);
    const running = withLog(() => platform.settle());
    while (on.fake.calls.filter(({ name }) => name === "file").length < 2) await sleep(5);
    await erase("user");
    const texts = async () => JSON.stringify(await messageRows());
    while ((await texts()).includes(`"id":"${ada.id}"`)) await sleep(5);
    release();
    await running;
    await runJobs();
    await recover(1);
    expect(await on.rows()).toHaveLength(1);
    expect(on.asked()).toHaveLength(1);
    expect((await on.chat.messages()).map(({ content }: { content: unknown }) => content)).toEqual([
      [image],
      expect.any(String),
      "",
    ]);
  });
});
