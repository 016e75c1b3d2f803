import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { BlackBox, BoxAnswer } from "#test/support/black-box";
import { answers, type FakeBackend, startFakeBackend } from "#test/support/fake-backend";
import { shakenBy } from "#test/support/whatsapp-chat";
import { eventually, makeBot } from "./make.ts";
import { type HookCall, toldPlatforms } from "./told-platforms.ts";

/** Bots where people are, from connecting one to letting it go: on platforms that stand for the real ones. */
export function onPlatforms(box: BlackBox): void {
  const fakes = box.platforms;
  // A deployment that calls the real ones has no bot there.
  if (!fakes) return;
  fakes.whatsapp.shake = shakenBy(box);

  describe.each(toldPlatforms)("a bot on $type", (platform) => {
    const { type, hook, typing, told } = platform;
    const fake = fakes[type];
    let backend: FakeBackend;
    let params: { readonly id: string };
    let created: BoxAnswer;
    beforeAll(async () => {
      platform.tries?.(fakes, tell);
      backend = await startFakeBackend();
      const bot_id = await makeBot(box);
      const url = `${backend.url}/chat`;
      await box.call("createIntegration", { params: { bot_id }, body: { name: "Ours", url } });
      const body = { type, credentials: platform.credentials };
      created = await box.call("createChannel", { params: { bot_id }, body });
      params = { id: created.body.data.id };
    });
    afterAll(async () => {
      await backend.close();
      expect(fake.mistakes).toEqual([]);
    });

    const tell = (channel_id: string, { headers, body }: HookCall) =>
      box.call(hook, {
        as: null,
        params: { channel_id },
        headers,
        rawBody: Buffer.from(body).toString(),
      });
    /** The bot's words, when there are as many. */
    const said = (count: number) =>
      eventually(
        async () => platform.said(fakes).map((words) => Object(words).markdown ?? words),
        (words) => words.length >= count,
      );

    it("is connected, and seen to be well", async () => {
      const address = expect.stringMatching(`^https://.*/v1/hooks/${type}/${params.id}$`);
      expect([created.status, created.body.data]).toEqual([
        201,
        expect.objectContaining({ status: "connected", webhook_url: address }),
      ]);
      const read = await box.call("getChannel", { params });
      expect(read.body.data).toMatchObject({ status: "connected", health: { ok: true } });
    });

    it("answers a message where it was written, once, and shows before that it types", async () => {
      const typed = () => typing === undefined || fake.calls.some(({ name }) => name === typing);
      backend.answer(
        async (...call) => {
          await eventually(async () => typed(), Boolean);
          await answers.json({ content: "Until six." })(...call);
        },
        answers.json({ content: "At nine." }),
      );
      const first = platform.call(fakes, 10, "How late are you open?");
      const { status, text } = await tell(params.id, first);
      expect([status, text]).toEqual([200, told]);
      expect(await said(1)).toEqual(["Until six."]);
      expect(typed()).toBe(true);

      expect((await tell(params.id, first)).status).toBe(200);
      await tell(params.id, platform.call(fakes, 11, "And from when?"));
      expect(await said(2)).toEqual(["Until six.", "At nine."]);
      expect(backend.requests).toHaveLength(2);
    });

    it("has the conversation read over the API", async () => {
      const { bot_id } = created.body.data;
      const listed = await eventually(
        () => box.call("listConversations", { params: { bot_id } }),
        ({ body }) => body.data[0]?.message_count === 4,
      );
      const [conversation] = listed.body.data;
      expect(conversation).toMatchObject({ platform: type, channel_id: params.id });
      const messages = await eventually(
        () => box.call("listMessages", { params: { id: conversation.id } }),
        ({ body }) => body.data.at(-1)?.delivery.status === "sent",
      );
      expect(messages.body.data).toMatchObject([
        { role: "user", content: "How late are you open?" },
        { role: "assistant", content: "Until six.", delivery: { status: "sent" } },
        { role: "user", content: "And from when?" },
        { role: "assistant", content: "At nine.", delivery: { status: "sent" } },
      ]);
    });

    it("gives the backend a file that was sent, behind a URL that anybody can open", async () => {
      const content = platform.file(fakes, Buffer.from("a report"));
      backend.answer(answers.json({ content: "I have read it." }));
      await tell(params.id, platform.call(fakes, 12, content));
      expect((await said(3)).at(-1)).toBe("I have read it.");
      const { messages } = JSON.parse(backend.requests.at(-1)?.body ?? "{}");
      const part = messages.at(-1).content.at(-1);
      expect(part).toEqual({
        type: "file",
        file: { url: expect.any(String), name: "report.pdf", mime_type: "application/pdf" },
      });
      const url = new URL(part.file.url);
      const { headers } = await box.ask("GET", `${url.pathname}${url.search}`, { as: null });
      const location = new URL(headers.get("location") ?? "");
      // On one machine the bytes are where the platform is.
      const base = location.origin === url.origin ? box.url : location.origin;
      const answer = await fetch(`${base}${location.pathname}${location.search}`);
      expect([answer.status, await answer.text()]).toEqual([200, "a report"]);
    });

    it("believes nobody who does not prove to be the platform", async () => {
      expect((await tell(params.id, platform.call(fakes, 13, "Hello!", true))).status).toBe(401);
      expect(platform.said(fakes)).toHaveLength(3);
    });

    it("takes another account, and is let go when its channel is deleted", async () => {
      const body = { credentials: platform.other(fakes) };
      const changed = await box.call("updateChannel", { params, body });
      expect([changed.status, changed.body.data.status]).toEqual([200, "connected"]);
      const hooks = (are: (urls: readonly string[]) => boolean) =>
        eventually(async () => platform.hooks(fakes), are);
      const [former = ""] = await hooks(([url = ""]) => url === "");
      expect(former).toBe("");
      expect((await box.call("deleteChannel", { params })).status).toBe(200);
      const left = await hooks((urls) => urls.every((url) => url === ""));
      expect(left.filter(Boolean)).toEqual([]);
      const gone = await tell(params.id, platform.call(fakes, 14, "Is anybody there?"));
      expect(gone.status).toBe(404);
    });
  });
}
