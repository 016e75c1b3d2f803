import { afterAll, afterEach, beforeAll, beforeEach, expect } from "@jest/globals";
import { allRows } from "./all-rows.ts";
import { answers, type FakeBackend, startFakeBackend } from "./fake-backend.ts";
import { type FakeFile, type FakeTelegram, startFakeTelegram } from "./fake-telegram.ts";
import { openBlobServer } from "./files.ts";
import { botToken } from "./telegram-channel.ts";
import { openTelegramChat, type TelegramChat } from "./telegram-chat.ts";
import type { TestPlatform } from "./test-platform.ts";

/** A part of a message as a backend is shown it, or the API shows it. */
interface ShownPart {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
  readonly file?: { readonly url: string; readonly name?: string; readonly mime_type?: string };
}

/** A message as a backend is shown it. */
interface AskedMessage {
  readonly role: string;
  readonly content: string | readonly ShownPart[];
}

/** A bot on Telegram to which people send files, another for each test. */
export interface FileChat {
  readonly fake: FakeTelegram;
  readonly chat: TelegramChat;
  readonly backend: FakeBackend;
  readonly blobs: Awaited<ReturnType<typeof openBlobServer>>;
  /** Opens another chat with these settings of its bot, which takes the place of the one before. */
  readonly open: (settings?: object) => Promise<TelegramChat>;
  /** Puts a file where Telegram has it. */
  readonly put: (file_id: string, file?: Partial<FakeFile>) => void;
  /** Has Ada say something, without waiting for what comes of it. */
  readonly tell: (message: object) => Promise<void>;
  /** Has Ada say something, and waits until it is dealt with. */
  readonly say: (message: object) => Promise<void>;
  /** The messages that the backend was shown by each call. */
  readonly asked: () => readonly (readonly AskedMessage[])[];
  /** What was asked last: its parts. */
  readonly shown: () => readonly ShownPart[];
  /** The ids of files that Telegram was asked for. */
  readonly wanted: () => readonly unknown[];
  /** What anybody gets at the URL of a file. */
  readonly read: (part: ShownPart | undefined) => Promise<{ type: string | null; text: string }>;
  /** The rows of files of the team. */
  readonly rows: () => ReturnType<typeof allRows>;
}

let ids = 0;

/** A chat of files for the tests of a file. Called after `usePlatform`. */
export function useFileChat(platform: TestPlatform): FileChat {
  // What stands in it comes before each test: nothing reads it earlier.
  const holder = {} as { -readonly [K in keyof FileChat]: FileChat[K] };
  beforeAll(async () => {
    holder.blobs = await openBlobServer(platform);
  });
  beforeEach(async () => {
    holder.fake = await startFakeTelegram(botToken);
    holder.backend = await startFakeBackend();
    holder.backend.answer(answers.json({ content: "I see." }));
    await holder.open();
  });
  afterEach(async () => {
    expect(holder.fake.mistakes).toEqual([]);
    await Promise.all([holder.fake.close(), holder.backend.close()]);
  });
  afterAll(() => holder.blobs.close());

  const asked: FileChat["asked"] = () =>
    holder.backend.requests.map(({ body }) => JSON.parse(body).messages);
  const tell: FileChat["tell"] = async (message) => {
    await holder.chat.tell({ message_id: ++ids, ...message });
  };
  return Object.assign(holder, {
    open: async (settings: object = {}) => {
      holder.chat = await openTelegramChat(platform, holder.fake, {
        bot: { settings: { typing_indicator: false, ...settings } },
        backend_url: holder.backend.url,
      });
      return holder.chat;
    },
    put: (file_id: string, file: Partial<FakeFile> = {}) => {
      const path = `documents/${file_id}`;
      holder.fake.files.set(file_id, { path, bytes: Buffer.from(file_id), ...file });
    },
    tell,
    say: async (message: object) => {
      await tell(message);
      await platform.settle();
    },
    asked,
    shown: () => {
      const content = asked().at(-1)?.at(-1)?.content;
      if (!Array.isArray(content)) throw new Error(`No parts: ${JSON.stringify(content)}`);
      return content;
    },
    wanted: () =>
      holder.fake.calls
        .filter(({ name }) => name === "getFile")
        .map(({ params }) => params["file_id"]),
    read: async (part: ShownPart | undefined) => {
      const { pathname, searchParams } = new URL(part?.image_url?.url ?? part?.file?.url ?? "");
      const { headers } = await platform.call("getFile", {
        params: { id: pathname.split("/").at(-1) ?? "" },
        query: Object.fromEntries(searchParams),
      });
      const answer = await fetch(headers["location"] ?? "");
      return { type: answer.headers.get("content-type"), text: await answer.text() };
    },
    rows: async () => {
      const ofTeam = await allRows(`TEAM#${holder.chat.team.id}`);
      return ofTeam.filter(({ sk }) => sk.startsWith("FILE#"));
    },
  });
}

/** A photo, as a message brings it. */
export const aPhoto = (file_id: string) => ({
  photo: [{ file_id, file_unique_id: file_id, width: 90, height: 60 }],
});

/** A PDF, as a message brings it. */
export const aDocument = (file_id: string, fields: object = {}) => ({
  document: {
    file_id,
    file_unique_id: file_id,
    file_name: `${file_id}.pdf`,
    mime_type: "application/pdf",
    ...fields,
  },
});

/** A text part. */
export const words = (text: string) => ({ type: "text", text });

/** The text that stands for a file that could not be had. */
export const lost = (why: string, name?: string) =>
  words(`[file${name === undefined ? "" : ` ${name}`}] This file could not be read. ${why}`);
