import { describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { MessageReceived } from "#shared/conversations/conversation-events";
import { events } from "#shared/events/catalogue";
import { type EndedExecution, FinalStatus } from "#shared/executions/execution";
import { callbackPayload } from "#shared/executions/shown-execution";

describe("the catalogue of events", () => {
  it.each(events.map(({ type, body, example }) => [type, body, example] as const))(
    "has an example of %s that is wholly described",
    (_, body, example) => {
      expect(v.parse(body, example)).toEqual(example);
    },
  );

  it.each(events.map(({ type, example }) => [type, example] as const))(
    "has an example of %s that tells of nothing that came after it",
    (_, example) => {
      const times = JSON.stringify(example).match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? [];
      expect(times.filter((time) => time > example.timestamp)).toEqual([]);
    },
  );

  it("has an example of a first message in a conversation that has no other", () => {
    const received = events.find(({ type }) => type === "message.received")!.example.data;
    const { message, conversation } = v.parse(MessageReceived, received);
    expect(conversation).toMatchObject({
      message_count: message.number,
      last_message_at: message.created_at,
    });
  });

  const at = "2026-03-04T05:06:00.000Z";
  const ended = {
    id: "exec_01jd7zq3c8e9v5r2k4m6n8p0ab",
    agent_loop_id: "loop_01jd7zq3c8e9v5r2k4m6n8p0ab",
    agent_loop_name: "Report",
    number: 1,
    trigger: "api",
    model: "echo",
    started_at: at,
    completed_at: "2026-03-04T05:06:01.499Z",
    iterations: 2,
    tool_calls: 1,
    input_tokens: 3,
    output_tokens: 4,
    error: null,
    error_code: null,
    callback_delivery_id: null,
    created_at: at,
    updated_at: at,
  } satisfies Omit<EndedExecution, "status">;
  const { data } = events.find(({ type }) => type === "agent_loop.completed")!.body.entries;

  it("says no negative duration of an execution that a clock behind has ended", () => {
    const status = "completed" as const;
    const behind = { ...ended, status, completed_at: "2026-03-04T05:05:58.000Z" };
    const { metadata } = v.parse(data, callbackPayload(behind, null)) as {
      metadata: { duration_seconds: number };
    };
    expect(metadata.duration_seconds).toBe(0);
  });

  it.each([
    ...FinalStatus.options.map((status) => ({ ...ended, status, error: "What happened." })),
    { ...ended, status: "completed" as const },
    { ...ended, status: "cancelled" as const, started_at: null },
  ])("describes wholly what a callback tells of an execution (%#)", (execution) => {
    for (const output of ["17 orders", null]) {
      const payload = callbackPayload(execution, output);
      expect(v.parse(data, payload)).toEqual(payload);
    }
  });
});
