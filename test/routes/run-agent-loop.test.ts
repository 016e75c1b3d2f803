import { describe, expect, it } from "@jest/globals";
import { loopFields } from "#lib/one-of-each";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { aLoop } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const run = (as: string, id: string, body?: unknown, headers: Record<string, string> = {}) =>
  platform.call("runAgentLoop", {
    as,
    params: { id },
    ...(body === undefined ? {} : { body }),
    headers,
  });

describe("POST /v1/agent-loops/{id}/run", () => {
  itRefuses("runAgentLoop", platform, async (as) => ({
    as,
    params: { id: (await aLoop(platform, as)).id },
  }));

  it("queues an execution without a body, and the worker completes it", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key);
    const { status, headers, body } = await run(key, id);
    expect([status, body.data.status, body.data.result]).toEqual([201, "queued", null]);
    expect(headers["location"]).toBe(`/v1/executions/${body.data.id}`);
    await platform.settle();
    const read = await platform.call("getExecution", { as: key, params: { id: body.data.id } });
    expect(read.body.data).toMatchObject({
      status: "completed",
      trigger: "api",
      result: { output: loopFields.user_message, iterations_used: 1, tool_calls: 0 },
      error: null,
    });
  });

  it("fills the variables in one pass, JSON where they are no strings", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key, { user_message: "{{ a }} {{b}} {{not a name}}" });
    const { body } = await run(key, id, { variables: { a: "{{b}}", b: [1, null] } });
    expect(body.data.user_message).toBe("{{b}} [1,null] {{not a name}}");
  });

  it("names every variable that is missing, inherited ones too", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key, { user_message: "{{a}} {{toString}}" });
    const { status, body } = await run(key, id, { variables: {} });
    expect(status).toBe(422);
    expect(body.error.details.map(({ path }: { path: string }) => path)).toEqual([
      "body.variables.a",
      "body.variables.toString",
    ]);
  });

  it("refuses a few variables that fill many places, before the prompt is written", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key, {
      system_prompt: "{{a}}".repeat(4),
      user_message: "{{a}}".repeat(4_000),
    });
    const { status, body } = await run(key, id, { variables: { a: "x".repeat(16_000) } });
    expect([status, body.error.details]).toEqual([
      422,
      [
        {
          path: "body.variables",
          message: "Make user_message longer than 100,000 characters. Shorten them.",
        },
      ],
    ]);
    const pairs = (count: number) => run(key, id, { variables: { a: "😀".repeat(count) } });
    expect((await pairs(25)).status).toBe(201);
    expect((await pairs(26)).status).toBe(422);
  });

  it("refuses variables that leave a prompt without a word, as a loop that has none is refused", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key, { user_message: "{{a}}{{ b }}" });
    const { status, body } = await run(key, id, { variables: { a: "", b: "" } });
    expect([status, body.error.details]).toEqual([
      422,
      [{ path: "body.variables", message: "Leave user_message empty. Fill one of its places." }],
    ]);
    expect((await run(key, id, { variables: { a: "", b: 0 } })).status).toBe(201);
  });

  it("shows the caller's metadata beside its own figures, which win", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key);
    const { body } = await run(key, id, { metadata: { ticket: 7, model: "mine" } });
    expect(body.data.metadata).toMatchObject({ ticket: 7, model: "echo" });
  });

  it("refuses variables and metadata that are nested without end", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key);
    const deep = "[".repeat(50_000) + "]".repeat(50_000);
    for (const field of ["variables", "metadata"]) {
      const { status, body } = await platform.call("runAgentLoop", {
        as: key,
        params: { id },
        rawBody: `{"${field}":{"a":${deep}}}`,
      });
      expect([status, body.error.details]).toEqual([
        422,
        [{ path: `body.${field}`, message: "Must be nested at most 100 levels deep." }],
      ]);
    }
  });

  it.each([
    ["a number beyond any", '{"a":[1e400]}'],
    ["an id of 64 bits, which would be rounded", '{"a":[9007199254740993]}'],
    ["such an id in their place", "-9223372036854775807"],
    ["half of a surrogate pair", '{"a":"\\ud800"}'],
  ])("refuses variables and metadata with %s", async (_, given) => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key);
    for (const field of ["variables", "metadata"]) {
      const answer = await platform.call("runAgentLoop", {
        as: key,
        params: { id },
        rawBody: `{"${field}":${given}}`,
      });
      expect(answer).toBeRefused(422, "validation_error");
      const paths = answer.body.error.details.map(({ path }: { path: string }) => path);
      expect(paths).toEqual([`body.${field}`]);
    }
  });

  it("says how to give an id of 64 bits, and takes whole numbers that are kept as they are", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key);
    const send = (metadata: string) =>
      platform.call("runAgentLoop", {
        as: key,
        params: { id },
        rawBody: `{"metadata":${metadata}}`,
      });
    const refused = await send('{"ticket":{"id":2512292042121000001}}');
    const kept = '{"id":9007199254740992,"zeros":120000000000000000000,"part":0.10000000000000001}';
    const taken = await send(kept);

    expect(refused.body.error.details[0].message).toContain("give it as a text");
    expect(taken.body.data.metadata).toMatchObject(JSON.parse(kept));
  });

  it("takes variables and metadata whatever their names", async () => {
    const { key } = await platform.team();
    const user_message = "{{constructor}} {{prototype}} {{__proto__}} {{toString}}";
    const { id } = await aLoop(platform, key, { user_message });
    const { status, body } = await platform.call("runAgentLoop", {
      as: key,
      params: { id },
      rawBody: `{
        "variables": {"constructor": "a", "prototype": "b", "__proto__": "c", "toString": "d"},
        "metadata": {"constructor": "Lego", "__proto__": {"a": 1}}
      }`,
    });
    expect([status, body.data.user_message]).toEqual([201, "a b c d"]);
    const shown = await platform.call("getExecution", { as: key, params: { id: body.data.id } });
    const { metadata } = shown.body.data;
    expect(metadata.constructor).toBe("Lego");
    expect(Object.entries(metadata)).toContainEqual(["__proto__", { a: 1 }]);
  });

  it("takes null for what is left out", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key);
    const { status, body } = await run(key, id, {
      user_message: null,
      variables: null,
      metadata: null,
    });
    expect([status, body.data.user_message]).toEqual([201, loopFields.user_message]);
  });

  it("serves a burst, and numbers it without gaps", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key);
    const answers = await Promise.all(Array.from({ length: 60 }, () => run(key, id)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    await platform.settle();
    const list = await platform.call("listExecutions", { as: key, params: { id } });
    expect(list.body.meta.total).toBe(60);
  });

  it("refuses a paused loop", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key, { status: "paused" });
    const { status, body } = await run(key, id);
    expect({ status, body }).toBeRefused(409, "conflict");
    expect(body.error.message).toContain("paused");
  });

  it("starts one execution however often the request is sent", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key);
    const headers = { "idempotency-key": "run" };
    const answers = await Promise.all([1, 2, 3, 4].map(() => run(key, id, {}, headers)));
    await run(key, id, {}, headers);
    await platform.settle();
    const { body } = await platform.call("listExecutions", { as: key, params: { id } });
    expect(body.meta.total).toBe(1);
    expect(answers.some(({ status }) => status === 201)).toBe(true);
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "says with an Idempotency-Key that it has begun, though it died then and the loop was paused since (%s)",
    async (loses) => {
      const { key } = await platform.team();
      const calls = await dyingAtEachCall(platform, loses, async () => {
        const { id } = await aLoop(platform, key);
        const headers = { "idempotency-key": id };
        const total = async () =>
          (await platform.call("listExecutions", { as: key, params: { id } })).body.meta.total;
        let tries = 0;
        return {
          run: async () => {
            if (tries++ > 0 && (await total()) > 0) {
              const body = { status: "paused" };
              await platform.call("updateAgentLoop", { as: key, params: { id }, body });
            }
            return run(key, id, {}, headers);
          },
          check: async (_, again) => {
            expect([again.status, await total()]).toEqual([201, 1]);
          },
        };
      });
      expect(calls).toBeGreaterThanOrEqual(4);
    },
  );
});
