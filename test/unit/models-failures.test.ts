import { describe, expect, it } from "@jest/globals";
import { createCallModel } from "#shared/models/create-call-model";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { answers, startFakeBackend, useFakeBackend } from "#test/support/fake-backend";
import { fakeModel, modelCall } from "#test/support/fake-models";
import { answerBegun, useHeldTime } from "#test/support/held-time";
import { withLog } from "#test/support/log-lines";

const now = Date.UTC(2026, 10, 22, 12, 0, 0);
const callModel = createCallModel({
  fetch: createSafeFetch({ allowPrivate: () => true }),
  clock: () => now,
});
const backend = useFakeBackend();
const host = () => new URL(backend.url).host;

describe.each([
  [
    "openai",
    (message: string) => ({ error: { message, type: "invalid_request_error", code: null } }),
    "choices",
  ],
  [
    "anthropic",
    (message: string) => ({ type: "error", error: { type: "api_error", message } }),
    "content",
  ],
  ["bedrock", (message: string) => ({ message }), "output.message.content"],
] as const)("%s", (vendor, problem, needed) => {
  const call = (changes = {}, model = {}) =>
    callModel(modelCall(fakeModel(vendor, backend.url, model), changes));
  const fails = (message: string, retryable: boolean, retry_after_ms?: number) =>
    expect.objectContaining({ ok: false, retryable, retry_after_ms, message });

  it.each([
    [429, "Rate limit reached."],
    [500, "Internal failure."],
    [503, "Overloaded."],
    [529, "Overloaded."],
    [408, "Too slow."],
  ])("may succeed later after %i, and does not try again by itself", async (status, words) => {
    backend.answer(answers.json(problem(words), { status }));

    expect(await call()).toEqual(fails(`${host()} answered with status ${status}: ${words}`, true));
    expect(backend.requests).toHaveLength(1);
  });

  it.each([
    [400, "temperature: must be at most 1"],
    [401, "Incorrect API key provided."],
    [403, "No access to the model."],
    [404, "The model does not exist."],
    [409, "A conflict."],
    [413, "The conversation is too long."],
    [422, "Unprocessable."],
  ])("fails for good after %i with the vendor's words", async (status, words) => {
    const headers = { "retry-after": "5" };
    backend.answer(answers.json(problem(words), { status, headers }));

    expect(await call()).toEqual(
      fails(`${host()} answered with status ${status}: ${words}`, false),
    );
    expect(backend.requests).toHaveLength(1);
  });

  it.each([
    ["http_error", 503, answers.status(503)],
    ["http_error", 302, answers.redirect("http://127.0.0.1:1/")],
    ["invalid_response", 200, answers.html("<h1>Welcome</h1>")],
    ["invalid_response", 200, answers.json(problem("Broken."))],
    ["network_error", null, answers.resetBeforeHeaders()],
    ["network_error", null, answers.resetAfterHeaders()],
    ["response_too_large", null, answers.endlessBody(9 * 1_048_576)],
  ] as const)("has the code %s and the status %j", async (code, status, answer) => {
    backend.answer(answer);

    expect(await call()).toMatchObject({ ok: false, code, status });
  });

  it("has a code of its own where time ran out, and where the address is not allowed", async () => {
    backend.answer(answers.hang());
    expect(await call({ timeout_ms: 50 })).toMatchObject({ code: "timeout", status: null });

    const careful = createCallModel({ fetch: createSafeFetch({ allowPrivate: () => false }) });
    expect(await careful(modelCall(fakeModel(vendor, backend.url)))).toMatchObject({
      code: "url_not_allowed",
      status: null,
    });
  });

  it.each([
    [{ "retry-after": "20" }, 20_000],
    [{ "retry-after": "1.5" }, 1_500],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "Sun, 22 Nov 2026 12:01:30 GMT" }, 90_000],
    [{ "retry-after": "Sun, 22 Nov 2026 11:00:00 GMT" }, 0],
    [{ "retry-after": "20", "retry-after-ms": "750.2" }, 751],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "-3" }, undefined],
    [{}, undefined],
  ])("reads when to try again from %j", async (headers, retry_after_ms) => {
    backend.answer(answers.json(problem("Slow down."), { status: 429, headers }));

    expect(await call()).toMatchObject({ retryable: true, retry_after_ms });
  });

  it("calls a web page with 200 a wrong base_url", async () => {
    backend.answer(answers.html("<!doctype html><h1>Welcome</h1>"));

    expect(await call()).toEqual(
      fails(
        `${host()} answered with a web page instead of JSON: the base URL may be wrong.`,
        false,
      ),
    );
  });

  it.each([
    [403, false],
    [502, true],
  ])("says that %i came with a web page, without showing it", async (status, retryable) => {
    backend.answer(answers.html("<html><h1>nginx</h1></html>", status));

    expect(await call()).toEqual(
      fails(`${host()} answered with status ${status} and a web page.`, retryable),
    );
  });

  it.each([
    ["Ollama", 404, answers.raw("HTTP/1.1 404 No\r\n\r\n404 page not found")],
    ["FastAPI", 404, answers.json({ detail: "Not Found" }, { status: 404 })],
    ["llama.cpp", 404, answers.json({ error: { message: "File Not Found" } }, { status: 404 })],
    ["Azure", 404, answers.json({ error: { message: "Resource not found" } }, { status: 404 })],
    ["a site", 404, answers.html("<html><h1>nginx</h1></html>", 404)],
    ["a site that takes no POST", 405, answers.status(405)],
  ])(
    "says that the base URL may be wrong where there is nothing, as %s says it",
    async (_, status, answer) => {
      backend.answer(answer);

      expect(await call()).toEqual(
        fails(
          `${host()} answered with status ${status}: the base URL may be wrong. It goes up to and with the version, as in /v1.`,
          false,
        ),
      );
    },
  );

  it("does not follow a redirect", async () => {
    backend.answer(answers.redirect(`${backend.url}/elsewhere`, 308));

    expect(await call()).toEqual(
      fails(
        `${host()} answered with status 308, a redirect, which is not followed: the base URL must be the final address.`,
        false,
      ),
    );
    expect(backend.requests).toHaveLength(1);
  });

  it.each([
    [
      "other JSON",
      answers.json({ fine: true }),
      ` with JSON that is no answer of a model: ${needed} is missing.`,
    ],
    ["null", answers.json(null), " with JSON that is no answer of a model."],
    ["an error in JSON", answers.json(problem("Broken.")), ": Broken."],
    ["words", answers.text("Not here {}"), " with something that is not JSON: Not here {}"],
  ])("fails for good when 200 comes with %s", async (_, answer, words) => {
    backend.answer(answer);

    expect(await call()).toEqual(fails(`${host()} answered${words}`, false));
  });

  // https://api-docs.deepseek.com/quick_start/rate_limit, https://github.com/bespokelabsai/curator/pull/463
  it.each([
    ["nothing", "", " with nothing."],
    ["blank lines", "\n\n  \n", " with nothing."],
    ["comments", ": PROCESSING\n\n", " with something that is not JSON: : PROCESSING"],
    ["half an answer", '\n\n{"choices":[', ' with something that is not JSON: {"choices":['],
    ["half a text", '{"a":"}', ' with something that is not JSON: {"a":"}'],
    ["all but its end", '{"a":{"b":1}', ' with something that is not JSON: {"a":{"b":1}'],
  ])("may succeed later when 200 ends with %s", async (_, text, words) => {
    backend.answer(answers.text(text));

    expect(await call()).toEqual(fails(`${host()} answered${words}`, true));
  });

  it.each([
    ["an overload", problem("We are overloaded."), true],
    ["a limit", problem("rate limit exceeded(RPM)"), true],
    ["a time that ran out", problem("The upstream timed out."), true],
    ["what was wrong", problem("No such model."), false],
    ["a wrong key", problem("Invalid key: check it and try again."), false],
    ["a pause", problem("Something is wrong, try again later."), true],
    ["a status beside no words", { status: 503, message: { code: "down" } }, true],
  ])("may succeed later when the error in 200 tells of %s: %j", async (_, body, retryable) => {
    // Of MiniMax, whose codes are no statuses, and gateways that had begun to answer.
    backend.answer(answers.json(body));

    expect(await call()).toMatchObject({ ok: false, retryable });
  });

  it.each([
    // https://github.com/AtomicBot-ai/atomic-agent/issues/106
    [{ error: { details: [{ retryDelay: "36.5s" }] } }, 36_500],
    [problem("Please retry in 36.397460417s."), 36_398],
    [problem("Rate limit reached. Please try again in 20s. Visit us."), 20_000],
    [problem("Please try again in 842ms."), 842],
    [problem("Please try again in 7m12.5s."), 432_500],
    [problem("Please retry after 53 seconds."), 53_000],
    [problem("Try again in 1h2m."), 3_720_000],
    [problem("Please try again in a while."), undefined],
    [problem("Please try again in 0s."), undefined],
  ])("reads when to try again from the body where no header says it: %j", async (body, ms) => {
    backend.answer(
      answers.json(body, { status: 429 }),
      answers.json(body, { status: 429, headers: { "retry-after": "5" } }),
    );

    expect(await call()).toMatchObject({ retryable: true, retry_after_ms: ms });
    expect(await call()).toMatchObject({ retry_after_ms: 5_000 });
  });

  describe("when the time is used up", () => {
    const pass = useHeldTime();

    it("may succeed later", async () => {
      backend.answer(answers.hang());
      const answer = call({ timeout_ms: 50 });
      await backend.received(1);
      pass(50);

      expect(await answer).toEqual(fails(`${host()} did not answer within 0.05 seconds.`, true));
    });

    it("has given it to the whole answer, not to its beginning", async () => {
      backend.answer(answers.slowBody({ text: '{"choices":[]}'.padEnd(100), every_ms: 20 }));
      const begun = answerBegun();
      const answer = call({ timeout_ms: 100 });
      await begun;
      pass(100);

      expect(await answer).toEqual(
        fails(`${host()} did not finish its answer within 0.1 seconds.`, true),
      );
    });
  });

  it.each([
    ["before it answered", answers.resetBeforeHeaders()],
    ["in the middle of its answer", answers.resetAfterHeaders()],
  ])("may succeed later when the connection is closed %s", async (when, answer) => {
    backend.answer(answer);

    expect(await call()).toEqual(fails(`${host()} closed the connection ${when}.`, true));
  });

  it("may succeed later when nobody listens", async () => {
    const closed = await startFakeBackend();
    await closed.close();
    const { host } = new URL(closed.url);
    const model = fakeModel(vendor, closed.url);

    expect(await callModel(modelCall(model))).toEqual(
      fails(`${host} refused the connection.`, true),
    );
  });

  it("fails for good when the answer is larger than 8 MiB", async () => {
    backend.answer(answers.endlessBody());

    expect(await call()).toEqual(fails(`The answer of ${host()} is larger than 8 MiB.`, false));
  });

  it("fails for good, and calls nobody, when the address is not allowed", async () => {
    const strict = createCallModel({ fetch: createSafeFetch({ allowPrivate: () => false }) });
    const model = fakeModel(vendor, backend.url.replace("http:", "https:"));

    expect(await strict(modelCall(model))).toEqual(
      fails("The URL must not point to a private address or to this machine itself.", false),
    );
    expect(backend.requests).toEqual([]);
  });

  it("fails for good when base_url has a query, which would hold the path", async () => {
    expect(await call({}, { base_url: `${backend.url}/v1?x=` })).toEqual(
      fails("The model's base_url must not contain ? or #.", false),
    );
    expect(backend.requests).toEqual([]);
  });

  it("fails for good when the key cannot be sent, and shows it to nobody", async () => {
    const { result: answers, lines } = await withLog(async () => [
      await call({}, { api_key: "sk-live-1\nsk-live-2" }),
      await call({}, { headers: { "x-key": "sk-live-1\nsk-live-2" } }),
    ]);

    expect(answers[0]).toEqual(
      fails("The model's api_key has characters that no key has, such as line breaks.", false),
    );
    expect(answers[1]).toMatchObject({ ok: false, retryable: false });
    expect(lines).toMatchObject([{ event: "model_call_broken" }]);
    expect(JSON.stringify([lines, answers])).not.toContain("sk-live");
    expect(backend.requests).toEqual([]);
  });

  it("masks keys in JSON whose server writes them with escapes", async () => {
    const api_key = "secret/key+of/the+team";
    const written = api_key.replaceAll("/", "\\/").replaceAll("+", "\\u002B");
    backend.answer(answers.raw(`HTTP/1.1 400 No\r\n\r\n{"sent":["${written}"]}`));

    expect(await call({}, { api_key })).toEqual(
      fails(`${host()} answered with status 400: {"sent":["••••"]}`, false),
    );
  });

  it("masks keys and header values that the vendor repeats, wherever they stand", async () => {
    const api_key = "sk-live-51HqYxyz";
    const headers = { "x-gateway": "Token gateway-secret-1" };
    const words = `${"x".repeat(290)} ${api_key}, gateway-secret-1`;
    const told = async () => {
      const answer = await call({}, { api_key, headers });
      return answer.ok ? "" : answer.message;
    };
    backend.answer(answers.json(problem(`Bad key ${api_key}.`), { status: 401 }));
    expect(await told()).toBe(`${host()} answered with status 401: Bad key ••••.`);

    backend.answer(answers.json(problem(words), { status: 401 }));
    const message = await told();
    expect(message).toContain("xxx");
    expect(message).not.toMatch(/sk-|gate/);

    backend.answer(answers.status(400), answers.raw(`HTTP/1.1 400 No\r\n\r\n${words}`));
    await told();
    expect(await told()).not.toMatch(/sk-|gate/);
  });

  it("tells at most 500 characters in one line", async () => {
    backend.answer(answers.json(problem(`a\n\tb ${"🤖".repeat(5_000)}`), { status: 400 }));
    const answer = await call();
    const message = answer.ok ? "" : answer.message;

    expect(message).toContain(": a b 🤖");
    expect(message).toMatch(/🤖…$/u);
    expect(Array.from(message).length).toBeLessThanOrEqual(500);
  });
});
