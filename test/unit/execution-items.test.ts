import { gzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import type { ExecutionText } from "#shared/executions/execution";
import {
  asExecutionText,
  asStep,
  fitsRow,
  isLogEnd,
  logEnd,
  outputAttributes,
  outputStepOf,
  stepAttributes,
  textAttributes,
} from "#shared/executions/execution-items";
import type { StoredModelStep } from "#shared/executions/step";

const key = { pk: "TEAM#team_1#EXECUTION#exec_1", sk: "STEP#000001" };
const step = (text: string): StoredModelStep => ({
  number: 1,
  started_at: "2026-01-02T03:04:05.000Z",
  writer: "token",
  used: { iterations: 1, tool_calls: 0, input_tokens: 10, output_tokens: 5 },
  kind: "model",
  status: "finished",
  duration_ms: 7,
  text,
  finish_reason: "stop",
  tool_calls: [],
  input_tokens: 10,
  output_tokens: 5,
  messages: [{ role: "assistant", content: text }],
  format: 1,
});
const long = "All of it. ".repeat(4_000);

describe("a step's row", () => {
  it.each([
    ["short", "Done."],
    ["long", long],
  ])("holds what is %s and gives it back", (_, text) => {
    expect(asStep({ ...key, ...stepAttributes(step(text)) })).toEqual({ ...key, ...step(text) });
  });

  it("shows what conditions and figures read, however long its texts are", () => {
    const { kind, status, number, writer, used } = step(long);
    const { packed, ...beside } = stepAttributes(step(long));

    expect(beside).toEqual({ kind, status, number, writer, used });
    expect(packed).toBeInstanceOf(Uint8Array);
  });

  it("is understood as the first version packed it", () => {
    const { finish_reason: _, used: __, ...before } = step(long);

    expect(asStep({ ...key, packed: gzipSync(JSON.stringify(before)) })).toEqual({
      ...key,
      ...before,
    });
  });

  it("has room for a text that does not compress and stands in it twice", () => {
    const chance = () => String.fromCodePoint(33 + Math.floor(Math.random() * 93));
    const text = Array.from({ length: 262_144 }, chance).join("");

    expect(fitsRow(step(text))).toBe(true);
    expect(fitsRow(step(text + Array.from(text, chance).join("")))).toBe(false);
  });

  it("is not mistaken for the end of the log", () => {
    expect(isLogEnd({ ...key, ...logEnd })).toBe(true);
    expect(isLogEnd({ ...key, ...stepAttributes(step(long)) })).toBe(false);
  });
});

describe("the row of an execution's texts", () => {
  const text: ExecutionText = {
    system_prompt: long,
    user_message: "Report.",
    metadata: { constructor: 1 },
    settings: {
      model: {
        provider: "openai",
        name: "gpt-5-mini",
        base_url: null,
        temperature: null,
        max_output_tokens: null,
        headers: {},
        api_key: { ciphertext: Uint8Array.of(1, 2, 3), mask: "••••", key: 1 },
      },
      tools: [],
      callback: null,
      max_iterations: 10,
      timeout_seconds: 900,
      token_budget: null,
    },
    output: null,
  };

  it("leaves what is sealed as bytes", () => {
    const read = asExecutionText({ ...key, ...textAttributes(text) });

    expect(read).toEqual({ ...key, ...text });
    expect(read.settings.model.api_key?.ciphertext).toBeInstanceOf(Uint8Array);
  });

  it.each([
    ["a short output whole", "Done.", "Done.", undefined],
    ["a longer output whole", long, long, undefined],
    [
      "the first 64 KiB of a long output, and where the rest is",
      "é".repeat(40_000),
      "é".repeat(32_768),
      7,
    ],
  ])("holds %s", (_, output, kept, outputStep) => {
    const row = { ...key, ...textAttributes(text), ...outputAttributes(output, 7) };

    expect(asExecutionText(row).output).toBe(kept);
    expect(outputStepOf(row)).toBe(outputStep);
  });
});
