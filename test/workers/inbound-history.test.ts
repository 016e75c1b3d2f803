import { beforeEach, describe, expect, it } from "@jest/globals";
import { type Answer, held, useFakeBackend } from "#test/support/fake-backend";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();
beforeEach(() => backend.answer(re));

interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}
const asked = (body: string) => (JSON.parse(body) as Asked).messages;

/** Answers `X` with `re X`. */
const re: Answer = ({ body }, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ content: `re ${String(asked(body).at(-1)?.content)}` }));
};

/** What the backend was shown, call by call: only what was said. */
const shown = () => backend.requests.map(({ body }) => asked(body).map(({ content }) => content));

const open = (settings: Record<string, unknown>): Promise<WebChat> =>
  openWebChat(platform, { bot: { settings }, backend_url: backend.url });

const talk = async (chat: WebChat, ...texts: string[]) => {
  for (const text of texts) await chat.talk(text);
};

const texts = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => `m${from + index}`);

describe("What a backend is shown", () => {
  it.each([1, 5, 10, 100])(
    "is the last %i messages, oldest first, the new one last and counted",
    async (context_window) => {
      const chat = await open({ context_window });
      const said = texts(Math.ceil(context_window / 2) + 2);
      await talk(chat, ...said);
      const whole = said.flatMap((text) => [text, `re ${text}`]);
      expect(shown()).toEqual(
        said.map((_, index) => whole.slice(0, 2 * index + 1).slice(-context_window)),
      );
      expect(shown().at(-1)).toHaveLength(context_window);
    },
  );

  it("says who spoke", async () => {
    const chat = await open({});
    await talk(chat, "m1", "m2");
    expect(asked(backend.requests[1]!.body)).toEqual([
      { role: "user", content: "m1" },
      { role: "assistant", content: "re m1" },
      { role: "user", content: "m2" },
    ]);
  });

  it("begins with the system prompt, which is not counted", async () => {
    const chat = await open({ context_window: 2, system_prompt: "Be brief." });
    await talk(chat, "m1", "m2");
    expect(backend.requests.map(({ body }) => asked(body))).toEqual([
      [
        { role: "system", content: "Be brief." },
        { role: "user", content: "m1" },
      ],
      [
        { role: "system", content: "Be brief." },
        { role: "assistant", content: "re m1" },
        { role: "user", content: "m2" },
      ],
    ]);
  });

  it("holds parts as they were sent", async () => {
    const chat = await open({});
    const content = [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url: "https://example.com/cat.png" } },
    ];
    await chat.talk(content);
    expect(asked(backend.requests[0]!.body)).toEqual([{ role: "user", content }]);
  });

  /** Holds the first answer until the function given back is called. */
  const holdFirst = () => {
    const late = held(re);
    backend.answer(late.answer, re);
    return late.release;
  };

  it("has each reply after its message when several came meanwhile", async () => {
    const chat = await open({});
    const release = holdFirst();
    await chat.say("m1");
    await backend.received(1);
    for (const text of ["m2", "m3", "m4"]) await chat.say(text);
    release();
    await platform.settle();
    await chat.talk("m5");
    expect(shown()).toEqual([
      ["m1"],
      ["m1", "re m1", "m2"],
      ["m1", "re m1", "m2", "re m2", "m3"],
      ["m1", "re m1", "m2", "re m2", "m3", "re m3", "m4"],
      ["m1", "re m1", "m2", "re m2", "m3", "re m3", "m4", "re m4", "m5"],
    ]);
  });

  it.each([1, 4, 5])(
    "is the last %i of what was said also after a burst of thirty",
    async (context_window) => {
      const chat = await open({ context_window });
      const release = holdFirst();
      const burst = texts(30);
      await chat.say(burst[0]);
      await backend.received(1);
      for (const text of burst.slice(1)) await chat.say(text);
      release();
      await platform.settle();
      await talk(chat, "m31", "m32");
      const whole = [...burst, "m31", "m32"].flatMap((text) => [text, `re ${text}`]);
      expect(shown()).toEqual(
        [...burst, "m31", "m32"].map((_, index) =>
          whole.slice(0, 2 * index + 1).slice(-context_window),
        ),
      );
    },
  );

  it("has the reply of the message before when many more came while that was answered", async () => {
    const chat = await open({ context_window: 2 });
    const releases: (() => void)[] = [];
    const held: Answer = async (...given) => {
      await new Promise<void>((resolve) => releases.push(resolve));
      await re(...given);
    };
    backend.answer(held, held, re);
    await chat.say("m1");
    await backend.received(1);
    await chat.say("m2");
    releases[0]!();
    await backend.received(2);
    for (const text of texts(11, 3)) await chat.say(text);
    releases[1]!();
    await platform.settle();
    expect(shown().find((said) => said.at(-1) === "m3")).toEqual(["re m2", "m3"]);
  });

  it("has what was said while the bot was paused", async () => {
    const chat = await open({ context_window: 10 });
    await talk(chat, "m1");
    const pause = (status: string) =>
      platform.call("updateBot", { as: chat.key, params: { id: chat.bot_id }, body: { status } });
    await pause("paused");
    const unheard = texts(130, 2);
    for (const text of unheard) await chat.say(text);
    await platform.settle();
    expect(backend.requests).toHaveLength(1);
    await pause("active");
    await talk(chat, "m132", "m133");
    const whole = ["m1", "re m1", ...unheard, "m132", "re m132", "m133"];
    expect(shown().slice(1)).toEqual([whole.slice(-12, -2), whole.slice(-10)]);
  });

  it("is of one conversation alone", async () => {
    const chat = await open({});
    await chat.talk("of Ada", { user: "ada" });
    await chat.talk("of Bob", { user: "bob" });
    await chat.talk("of Ada elsewhere", { user: "ada", chat_id: "another" });
    expect(shown()).toEqual([["of Ada"], ["of Bob"], ["of Ada elsewhere"]]);
  });
});
