import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { saidText as discordText } from "#shared/platforms/discord/said-text";
import { saidText as slackText } from "#shared/platforms/slack/said-text";
import { saidText as telegramText } from "#shared/platforms/telegram/said-text";
import { parseCall } from "#shared/platforms/whatsapp/parse";
import { change, letter } from "../fixtures/whatsapp/calls.ts";

afterEach(() => void jest.restoreAllMocks());

const many = 2_000;
const account = { id: "1", name: "Bot", username: "bot", user_id: "1" };

/** How many characters are looked at for blanks at the ends of texts while something is read. */
function trimmedBy(read: () => string): { readonly said: string; readonly characters: number } {
  const trim = Reflect.get(String.prototype, "trim");
  let characters = 0;
  jest.spyOn(String.prototype, "trim").mockImplementation(function (this: string) {
    characters += this.length;
    return trim.call(this);
  });
  return { said: read(), characters };
}

/** Whoever has the secret of a channel may send its hook 4 MiB, and one process serves all teams on one machine. */
describe("What a platform sends is read once, however often it names the bot,", () => {
  const us = { account, user_ids: new Set(["U1"]) };
  const named = { resolved: {}, us: new Set(["1"]), our_name: "@bot" };
  const entities = Array.from({ length: many }, (_, at) => ({
    type: "mention",
    offset: 2 + at * 5,
    length: 4,
  }));

  it.each([
    ["Slack", "<@U1> ", (text: string) => slackText(`x ${text}`, us).text],
    ["Telegram", "@bot ", (text: string) => telegramText(`x ${text}`, entities, account).text],
    ["Discord", "<@1> ", (text: string) => discordText(`${" ".repeat(many)}x ${text}`, named)],
  ])("by %s", (_, mention, read) => {
    const text = mention.repeat(many);
    const { said, characters } = trimmedBy(() => read(text));
    expect(said.trim()).toBe(`x ${"@bot ".repeat(many)}`.trim());
    expect(characters).toBeLessThan(3 * (text.length + many));
  });
});

describe("A call of WhatsApp", () => {
  it("has each contact looked at once, however many messages there are", () => {
    let looks = 0;
    const contacts = Array.from({ length: many }, (_, at) => ({
      get wa_id() {
        looks++;
        return `1650555${at}`;
      },
      profile: { name: `Person ${at}` },
    }));
    const messages = contacts.map((_, at) => ({
      ...letter("text", { text: { body: "Hi" } }),
      id: `wamid.${at}`,
      from: `1650555${at}`,
      from_user_id: undefined,
    }));
    const value = { ...change({}).value, contacts, messages };
    jest.spyOn(JSON, "parse").mockReturnValueOnce({
      object: "whatsapp_business_account",
      entry: [{ changes: [{ field: "messages", value }] }],
    });
    const { events } = parseCall(
      { headers: {}, body: new Uint8Array() },
      { account: null, now: 0 },
    );
    const names = events.map((event) => event.kind === "message" && event.user.name);
    expect(new Set(names)).toEqual(new Set(contacts.map(({ profile }) => profile.name)));
    expect(looks).toBeLessThan(5 * many);
  });
});
