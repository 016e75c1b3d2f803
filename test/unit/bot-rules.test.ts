import { describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { BotInput } from "#shared/bots/bot";
import { checkBot } from "#shared/bots/check-bot";
import { ApiError } from "#shared/errors/api-error";
import { hasName } from "#shared/schema/matches";

const aBot = (settings: object = {}) => v.parse(BotInput, { name: "Concierge", settings });

/** Where and what the rules refuse; undefined when they do not. */
function refusal(bot: Parameters<typeof checkBot>[0]) {
  try {
    checkBot(bot);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [error.code, error.details];
  }
}

describe("checkBot", () => {
  it("admits a bot with nothing but a name", () => {
    expect(refusal(aBot())).toBeUndefined();
  });

  it.each([
    [0, 0, true],
    [0, 60_000, true],
    [60_000, 60_000, true],
    [1, 0, false],
    [60_000, 59_999, false],
  ])("admits a delay from %i to %i ms: %s", (min_ms, max_ms, admitted) => {
    const found = refusal(aBot({ response_delay: { min_ms, max_ms } }));
    const expected = [
      "validation_error",
      [{ path: "body.settings.response_delay.max_ms", message: "Must be at least min_ms." }],
    ];
    expect(found).toEqual(admitted ? undefined : expected);
  });

  it.each([
    ["session", 1, true],
    ["session", null, false],
    ["auto", null, true],
    ["auto", 30, true],
    ["user", null, true],
    ["thread", 30, true],
  ])("admits the mode %s with a timeout of %s minutes: %s", (mode, minutes, admitted) => {
    const bot = aBot({ conversation: { mode, session_timeout_minutes: minutes } });
    expect(refusal(bot) === undefined).toBe(admitted);
  });

  it("counts the bytes of the whole bot, not letters", () => {
    const spare = 32 * 1024 - Buffer.byteLength(JSON.stringify(aBot({ system_prompt: "" })));
    const fits = "😀".repeat(Math.floor(spare / 4));
    expect(refusal(aBot({ system_prompt: fits }))).toBeUndefined();
    expect(refusal(aBot({ system_prompt: `${fits}😀` }))).toEqual([
      "validation_error",
      [{ path: "body.settings", message: expect.stringContaining("32 KiB") }],
    ]);
  });
});

describe("hasName", () => {
  it.each([
    ["Sales Bot", undefined, true],
    ["Sales Bot", "", true],
    ["Sales Bot", "sales", true],
    ["Sales Bot", "S BOT", true],
    ["Sales Bot", "sales  bot", false],
    ["Sales Bot", "Sales Bots", false],
    ["ÉCLAIR", "éclair", true],
    ["100 %", "%", true],
    ["a.c", "abc", false],
    ["abc", ".", false],
  ])("finds in %j the part %j: %s", (name, part, expected) => {
    expect(hasName({ name }, part)).toBe(expected);
  });
});
