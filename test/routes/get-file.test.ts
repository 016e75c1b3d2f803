import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { FilePlace, FileReference } from "#shared/files/file";
import { fileUrl } from "#shared/files/file-url";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { aFile, fileStore, keepFile, openBlobServer } from "#test/support/files";
import { costOf, withLog } from "#test/support/log-lines";
import { unknownId } from "#test/support/refusals";
import { type TestTeam, usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();
let server: Awaited<ReturnType<typeof openBlobServer>>;
let team: TestTeam;
let place: FilePlace;
beforeAll(async () => {
  server = await openBlobServer(platform);
  team = await platform.team();
  place = await aMessage();
});
afterAll(() => server.close());

/** A message that came with an id, as those of platforms do. */
async function aMessage(): Promise<FilePlace> {
  const chat = await openWebChat(platform, { team });
  const conversation_id = await chat.talk("Look!", { message_id: "a photo" });
  return { team_id: team.id, conversation_id, number: 1 };
}

const day = 86_400_000;
const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255]);

const urlOf = (file: FileReference, of = place, now = platform.clock()) =>
  new URL(fileUrl("http://127.0.0.1:3000", of, file, now));

/** Asks the route as a URL has it. */
const ask = (url: URL, method?: "HEAD") =>
  platform.call("getFile", {
    ...(method && { method }),
    params: { id: url.pathname.split("/").at(-1)! },
    query: url.search.slice(1),
  });

const changed = (url: URL, query: Readonly<Record<string, string>>) => {
  const other = new URL(url);
  for (const [name, value] of Object.entries(query)) other.searchParams.set(name, value);
  return other;
};

const notFound = [404, "There is no such resource. Check the path and the id."];
const refusalOf = async (url: URL) => {
  const { status, body } = await ask(url);
  return [status, body?.error.message];
};

describe("GET /v1/files/{id}", () => {
  it("sends whoever has its URL to the bytes, which come with type and name", async () => {
    const file = await keepFile(platform, place, { bytes, name: "Kätzchen (1).png" });
    const { status, headers, text } = await ask(urlOf(file));
    expect([status, text, headers["cache-control"]]).toEqual([302, undefined, "no-store"]);
    const answer = await fetch(headers["location"]!);
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(answer.headers.get("content-disposition")).toBe(
      "inline; filename*=UTF-8''K%C3%A4tzchen%20%281%29.png",
    );
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("gives files that are longer than what a function can answer", async () => {
    const long = Buffer.alloc(7_000_000, 1);
    const file = await keepFile(platform, place, { bytes: long });
    const answer = await fetch((await ask(urlOf(file))).headers["location"]!);
    expect(Buffer.from(await answer.arrayBuffer()).equals(long)).toBe(true);
  });

  it("sends a HEAD to where a HEAD is answered", async () => {
    const file = await keepFile(platform, place, { bytes });
    const { status, headers } = await ask(urlOf(file), "HEAD");
    expect(status).toBe(302);
    const answer = await fetch(headers["location"]!, { method: "HEAD" });
    expect([answer.status, answer.headers.get("content-length")]).toEqual([200, "6"]);
  });

  it.each(["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "text/xml"])(
    "gives %s to be saved and not to be shown, because a browser would run it",
    async (mime_type) => {
      const file = await keepFile(platform, place, { mime_type, name: null });
      const { headers } = await fetch((await ask(urlOf(file))).headers["location"]!);
      expect(headers.get("content-disposition")).toBe("attachment");
      expect(headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
    },
  );

  it("reads one row and writes nothing", async () => {
    const url = urlOf(await keepFile(platform, place));
    const { lines } = await withLog(() => ask(url));
    expect(costOf(lines)).toMatchObject({ calls: 1, reads: 1, writes: 0 });
  });

  it("is good until the end of the next day, and the same all day", async () => {
    const file = await keepFile(platform, place);
    const start = Date.parse("2026-03-10T00:00:00Z");
    const url = urlOf(file, place, start);
    expect(urlOf(file, place, start + day - 1).href).toBe(url.href);
    expect(url.searchParams.get("expires")).toBe(String((start + 2 * day) / 1_000));
  });

  it("never outlives the file", async () => {
    const file = await keepFile(platform, place);
    const late = (file.remove_at - 60) * 1_000;
    expect(urlOf(file, place, late).searchParams.get("expires")).toBe(String(file.remove_at));
  });

  it("answers the same 404 to whatever is not signed so", async () => {
    const file = await keepFile(platform, place);
    const other = await keepFile(platform, place);
    const stranger = await platform.team();
    const url = urlOf(file);
    const signature = url.searchParams.get("signature")!;
    const flipped = signature.replace(/^./, (first) => (first === "A" ? "B" : "A"));
    const elsewhere = new URL(url);
    elsewhere.pathname = `/v1/files/${other.id}`;
    const unknown = new URL(url);
    unknown.pathname = `/v1/files/${unknownId("file")}`;
    const malformed = new URL(url);
    malformed.pathname = "/v1/files/nonsense";
    const wrong = [
      changed(url, { signature: flipped }),
      changed(url, { signature: "x" }),
      // The same bytes to a lenient reader of base64.
      changed(url, { signature: `${signature}=` }),
      changed(url, { expires: String(Number(url.searchParams.get("expires")) + 1) }),
      changed(url, { number: "2" }),
      changed(url, { team: stranger.id }),
      changed(url, { conversation: unknownId("conv") }),
      elsewhere,
      unknown,
      malformed,
    ];
    for (const one of wrong) {
      expect([one.href, ...(await refusalOf(one))]).toEqual([one.href, ...notFound]);
    }
    expect((await ask(url)).status).toBe(302);
  });

  it("takes no key of another file, nor a row that a team has of its own", async () => {
    const file = await keepFile(platform, place);
    const forged = urlOf({ ...file, url_key: (await keepFile(platform, place)).url_key });
    expect(await refusalOf(forged)).toEqual(notFound);
  });

  it("answers 404 once it has expired, without looking for it", async () => {
    const file = await keepFile(platform, place);
    const url = urlOf(file, place, platform.clock() - 2 * day);
    const { lines } = await withLog(() => ask(url));
    expect(costOf(lines)).toMatchObject({ calls: 0 });
    expect(await refusalOf(url)).toEqual(notFound);
  });

  it("says what is missing or unknown in a URL that is none of ours", async () => {
    const url = urlOf(await keepFile(platform, place));
    const none = new URL(url);
    none.search = "";
    const answer = await ask(none);
    expect(answer.status).toBe(422);
    expect(answer.body.error.details.map(({ path }: { path: string }) => path)).toEqual(
      ["team", "conversation", "number", "expires", "signature"].map((name) => `query.${name}`),
    );
    expect((await ask(changed(url, { size: "small" }))).body.error.details).toMatchObject([
      { path: "query.size" },
    ]);
  });
});

describe("A file that is kept", () => {
  it("is the same when it is kept again, with the key of the first time", async () => {
    const first = aFile(platform);
    const files = fileStore(platform);
    expect(await files.keep(place, first, bytes)).toEqual(first);
    const again = await files.keep(place, { ...first, url_key: "another" }, bytes);
    expect(again).toMatchObject({ id: first.id, url_key: first.url_key });
  });

  it("is kept by a repeat when the worker was killed before the bytes were there", async () => {
    const file = aFile(platform);
    platform.faults = ({ service }) => (service === "s3" ? { kind: "throttle" } : undefined);
    await expect(fileStore(platform).keep(place, file, bytes)).rejects.toThrow("SlowDown");
    platform.faults = undefined;
    expect(await server.has(team.id, file)).toBe(false);
    await fileStore(platform).keep(place, file, bytes);
    expect(await server.has(team.id, file)).toBe(true);
  });

  it("is refused for a message that is not there, or whose conversation is being erased", async () => {
    const files = fileStore(platform);
    const file = aFile(platform);
    expect(await files.keep({ ...place, number: 99 }, file, bytes)).toBe("gone");
    const of = await aMessage();
    await platform.table.update(keys.conversation(of.team_id, of.conversation_id), {
      set: { erasing: true },
    });
    expect(await files.keep(of, file, bytes)).toBe("gone");
    expect(await server.has(team.id, file)).toBe(false);
  });

  it("leaves no bytes when it is erased while they are on their way", async () => {
    const of = await aMessage();
    const file = aFile(platform);
    const rowOf = keys.file(of.team_id, of.conversation_id, of.number, file.id);
    let erased: Promise<unknown> | undefined;
    platform.faults = ({ operation }) => {
      if (operation === "PutObject") erased ??= platform.table.deleteAll([rowOf]);
      return undefined;
    };
    expect(await fileStore(platform).keep(of, file, bytes)).toBe("gone");
    await erased;
    platform.faults = undefined;
    expect(await server.has(team.id, file)).toBe(false);
  });
});

describe("The files of an erased user", () => {
  it("go with what the user said in a shared conversation, and those of others stay", async () => {
    const chat = await openWebChat(platform, { team, bot: { status: "paused" } });
    const room = { chat_id: "room" };
    const conversation_id: Id<"conv"> = await chat.talk("Hi", {
      ...room,
      user: "ada",
      message_id: "1",
    });
    await chat.talk("Hi", { ...room, user: "bob", message_id: "2" });
    const at = (number: number) => ({ team_id: team.id, conversation_id, number });
    const [hers, his] = [await keepFile(platform, at(1)), await keepFile(platform, at(2))];
    platform.advance(1);
    const params = { bot_id: chat.bot_id, user_id: "ada" };
    await platform.call("deleteBotUser", { as: team.key, params });
    await platform.settle();
    expect([await server.has(team.id, hers), await server.has(team.id, his)]).toEqual([
      false,
      true,
    ]);
    expect(await refusalOf(urlOf(hers, at(1)))).toEqual(notFound);
    expect((await ask(urlOf(his, at(2)))).status).toBe(302);
    expect(await fileStore(platform).keep(at(1), aFile(platform), bytes)).toBe("gone");
  });
});
