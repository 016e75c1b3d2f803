import { gunzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { makeAssets } from "#lib/assets";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import { anExecution } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

// It throws for an answer that Lambda would not give on.
const platform = usePlatform();
const server = useFakeBackend();
let key: string;
beforeEach(async () => {
  ({ key } = await platform.team());
});

/** One byte where it is kept and seven in the answer of a function, whose body is JSON in JSON. */
const wide = "\u0001";
const kibibyte = 1024;

async function anExecutionOf(said: Parameters<typeof modelSays>[1]) {
  server.answer(modelSays("openai", said), modelSays("openai", { text: "Done." }));
  const { id } = await anExecution(
    platform,
    key,
    {
      model: { provider: "openai", name: "m", base_url: `${server.url}/v1` },
      tools: [{ type: "time" }],
      user_message: "{{a}}".repeat(100),
    },
    {
      variables: { a: wide.repeat(1_000) },
      metadata: { a: wide.repeat(2_700) },
    },
  );
  await platform.settle();
  const as = { as: key, params: { id } };
  const { body } = await platform.call("getExecution", as);
  const steps = await platform.call("listSteps", { ...as, query: { per_page: 1 } });
  return { execution: body.data, step: steps.body.data[0] };
}

describe("The largest answer", () => {
  it("of an execution and of its last step can be given on", async () => {
    const text = wide.repeat(170_000);
    const { execution, step } = await anExecutionOf({ text });
    expect(execution.user_message).toHaveLength(100_000);
    expect(execution.result.output).toBe(text);
    expect(step.text).toBe(text);
  });

  it("of a step with all the calls that are taken can be given on", async () => {
    // Two bytes of JSON are four in the answer.
    const args = { a: '"'.repeat(49_000) };
    const calls = Array.from({ length: 10 }, (_, n) => ({ id: `c${n}`, name: "time_now", args }));
    const { step } = await anExecutionOf({ calls, thought: wide.repeat(5_000) });
    expect(step.tool_calls).toHaveLength(10);
    expect(step.tool_calls[9].arguments).toEqual(args);
  });

  it("of a message with its reply can be given on", async () => {
    const chat = await openWebChat(platform, { backend_url: server.url });
    const attachment = { type: "file", url: wide.repeat(2_048), name: wide.repeat(255) };
    server.answer(
      answers.json({
        content: wide.repeat(32 * kibibyte),
        attachments: Array.from({ length: 20 }, () => attachment),
        metadata: { a: wide.repeat(2_700) },
      }),
    );
    const { body } = await chat.say(wide.repeat(32 * kibibyte), { wait: 20 });
    expect(body.data.reply.attachments).toHaveLength(20);
    const list = await platform.call("listMessages", {
      as: chat.key,
      params: { id: body.data.message.conversation_id },
      query: { per_page: 1 },
    });
    expect(list.status).toBe(200);
  });

  it("of the reference and of the script that shows it can be given on", async () => {
    // In base64, as bytes are given on, and half as much again for a reference that grows.
    for (const { name, bytes } of await makeAssets(platform.manifest)) {
      expect(bytes.length * (4 / 3) * 1.5).toBeLessThan(6_291_556);
      if (!name.endsWith(".gz")) continue;
      // Who takes no gzip is given the text.
      const text = JSON.stringify(gunzipSync(bytes).toString());
      expect(Buffer.byteLength(text)).toBeLessThan(6_291_556);
    }
  });
});
