import { describe, expect, it } from "@jest/globals";
import { createCallModel } from "#shared/models/create-call-model";
import { reasoningOf } from "#shared/models/reasoning";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { answered, fakeModel, modelCall } from "#test/support/fake-models";

// Servers that stream whatever they are told: https://github.com/kaito-project/kaito/issues/1880,
// https://github.com/unslothai/unsloth/issues/6570
const callModel = createCallModel({ fetch: createSafeFetch({ allowPrivate: () => true }) });
const backend = useFakeBackend();
const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
const event = (value: unknown) =>
  `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
const ask = (...events: readonly unknown[]) => {
  backend.answer(answers.raw(head + events.map(event).join("")));
  return callModel(modelCall(fakeModel("openai", backend.url)));
};
const delta = (delta: object, more = {}) => ({ choices: [{ index: 0, delta, ...more }] });
const stop = delta({}, { finish_reason: "stop" });

describe("an answer that is streamed though it was not to be", () => {
  it("is put together: text, reasoning, reason to stop, tokens and model", async () => {
    const answer = answered(
      await ask(
        delta({ role: "assistant", content: "" }),
        { ...delta({ reasoning_content: "Two " }), model: "m-1" },
        delta({ reasoning_content: "clocks.", content: null }),
        delta({ content: "No" }, { finish_reason: null }),
        delta({ content: "on." }),
        stop,
        { choices: [], usage: { prompt_tokens: 12, completion_tokens: 7 } },
        "[DONE]",
      ),
    );

    expect(answer).toMatchObject({
      text: "Noon.",
      finish_reason: "stop",
      input_tokens: 12,
      output_tokens: 7,
      answered_by: "m-1",
    });
    expect(reasoningOf(answer.messages)).toBe("Two clocks.");
  });

  it("may call tools, in pieces, whole, and without an index", async () => {
    const call = (more: object) => delta({ tool_calls: [more] });
    const answer = answered(
      await ask(
        call({ index: 0, id: "a", type: "function", function: { name: "now", arguments: "" } }),
        call({ index: 0, function: { arguments: '{"zone":' } }),
        call({ index: 0, id: "a", function: { name: "now", arguments: '"UTC"}' } }),
        call({ index: 1, id: "b", function: { name: "now", arguments: '{"zone":"CET"}' } }),
        call({ id: "c", function: { name: "now", arguments: { zone: "EET" } } }),
        delta({}, { finish_reason: "tool_calls" }),
      ),
    );

    expect(answer.tool_calls).toEqual([
      { id: "a", name: "now", arguments: { zone: "UTC" } },
      { id: "b", name: "now", arguments: { zone: "CET" } },
      { id: "c", name: "now", arguments: { zone: "EET" } },
    ]);
  });

  it("may hold comments, events and a whole message", async () => {
    const whole = { choices: [{ message: { content: "Noon." }, finish_reason: "stop" }] };
    backend.answer(
      answers.raw(
        `${head}: ping\n\nevent: chunk\n${event(delta({ role: "assistant" }))}${event(whole)}`,
      ),
    );

    expect(await callModel(modelCall(fakeModel("openai", backend.url)))).toMatchObject({
      ok: true,
      text: "Noon.",
    });
  });

  it("keeps what other languages take for the end of a line", async () => {
    expect(
      await ask(delta({ content: "No\u2028" }), delta({ content: "on." }), stop),
    ).toMatchObject({ ok: true, text: "No\u2028on." });
  });

  it.each([
    [
      "more calls than are taken",
      [
        delta({
          tool_calls: Array.from({ length: 40_000 }, (_, n) => ({
            id: `call ${n}`,
            function: { name: "now" },
          })),
        }),
        stop,
      ],
    ],
    ["more events than are taken", ['"', ...Array.from({ length: 100_000 }, () => "{}"), stop]],
  ])("is too large with %s", async (_, events) => {
    expect(await ask(...events)).toMatchObject({ ok: false, code: "response_too_large" });
  });

  it.each([
    ["an event that cannot be read", [delta({ content: "No" }), '{"choices":[{"del', stop]],
    ["an error in it", [delta({ content: "Half" }), { error: { code: 503, message: "Down." } }]],
    ["no end", [delta({ content: "Half" }), delta({ content: " of" })]],
    ["an event that is cut", [delta({ content: "Half" }), '{"choices":[{"delta":{"con']],
  ])("is a failed call that may pass with %s", async (_, events) => {
    expect(await ask(...events)).toMatchObject({ ok: false, retryable: true });
  });
});
