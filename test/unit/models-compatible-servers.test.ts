import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createCallModel } from "#shared/models/create-call-model";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { fakeModel, modelCall, modelSays } from "#test/support/fake-models";

const callModel = createCallModel({ fetch: createSafeFetch({ allowPrivate: () => true }) });
const backend = useFakeBackend();
const host = () => new URL(backend.url).host;

describe("words of other servers", () => {
  const told = async (body: unknown, status = 400) => {
    backend.answer(answers.json(body, { status }));
    const answer = await callModel(modelCall(fakeModel("openai", backend.url)));
    return answer.ok ? "" : answer.message.replace(`${host()} answered with status 400`, "");
  };

  it.each([
    ["Ollama", { error: "model not found" }, ": model not found"],
    ["FastAPI", { detail: "No such model" }, ": No such model"],
    [
      "FastAPI's validation",
      { detail: [{ loc: ["body"], msg: "field required" }] },
      ": field required",
    ],
    ["Gemini", [{ error: { code: 400, message: "Invalid argument" } }], ": Invalid argument"],
    ["AWS", { Message: "Not authorised" }, ": Not authorised"],
    ["a string", "Go away", ": Go away"],
    ["NestJS", { message: ["No such field", "x"], error: "Bad Request" }, ": No such field"],
    ["Mistral", { object: "error", message: { detail: [{ msg: "No extras" }] } }, ": No extras"],
    ["a message without words", { error: "No such model", message: {} }, ": No such model"],
    ["nothing known", { status: "bad" }, ': {"status":"bad"}'],
    ["an empty message", { error: { message: "" } }, ': {"error":{"message":""}}'],
  ])("are found in the error of %s", async (_, body, words) => {
    expect(await told(body)).toBe(words);
  });

  it.each([
    ["as JSON", '{"error":{"message":"At most 1 image."}}', "At most 1 image."],
    ["as a text", "The model is busy.", "The model is busy."],
    ["as an object", { error: { message: "At most 1 image." } }, "At most 1 image."],
    ["nested without end", "[".repeat(100_000), expect.stringMatching(/^\[+…$/)],
    ["not at all", undefined, undefined],
  ])("are those of the provider behind OpenRouter, given %s", async (_, raw, inner) => {
    // https://github.com/open-webui/computer/issues/293
    const error = { message: "Provider returned error", code: 400, metadata: { raw } };

    const [, ...said] = (await told({ error })).split(": ");
    expect(said).toEqual(["Provider returned error", ...(inner === undefined ? [] : [inner])]);
  });

  it.each([200_000, 50_000])("survive an error that is nested %i times", async (levels) => {
    backend.answer(
      answers.raw(`HTTP/1.1 400 No\r\n\r\n${"[".repeat(levels)}${"]".repeat(levels)}`),
    );
    const answer = await callModel(modelCall(fakeModel("openai", backend.url)));

    expect(answer).toMatchObject({ ok: false, message: `${host()} answered with status 400.` });
  });

  it.each([
    [429, true],
    [502, true],
    [402, false],
  ])("count as the status %i when a body of 200 says so", async (code, retryable) => {
    backend.answer(answers.json({ error: { code, message: "Provider failed" } }));

    expect(await callModel(modelCall(fakeModel("openai", backend.url)))).toEqual({
      ok: false,
      code: "invalid_response",
      status: 200,
      retryable,
      message: `${host()} answered: Provider failed`,
    });
  });

  it("name the reason for which a model stopped without an answer", async () => {
    const body = {
      choices: [{ index: 0, message: { content: "" }, finish_reason: "recitation" }],
    };
    backend.answer(answers.json(body));

    expect(await callModel(modelCall(fakeModel("openai", backend.url)))).toEqual({
      ok: false,
      code: "invalid_response",
      status: 200,
      retryable: true,
      message: "The model stopped without an answer: recitation.",
    });
  });
});

describe("what stands in the environment for others", () => {
  const names = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"];
  beforeEach(() => names.forEach((name) => (process.env[name] = "https://env.example/secret")));
  afterEach(() => names.forEach((name) => delete process.env[name]));

  it.each(["openai", "anthropic"] as const)("is not sent by %s without a key", async (vendor) => {
    backend.answer(modelSays(vendor, { text: "Yes." }));
    const model = fakeModel(vendor, backend.url, { api_key: undefined });

    expect(await callModel(modelCall(model))).toMatchObject({ ok: true });
    expect(backend.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(backend.requests[0]?.headers).not.toHaveProperty("x-api-key");
  });

  it("leaves room for a key in the team's own headers", async () => {
    backend.answer(modelSays("openai", { text: "Yes." }));
    const headers = { Authorization: "Basic abc" };
    const model = { api_key: undefined, headers };
    await callModel(modelCall(fakeModel("openai", backend.url, model)));
    await callModel(modelCall(fakeModel("openai", backend.url, { headers })));

    expect(backend.requests.map((request) => request.headers.authorization)).toEqual([
      "Basic abc",
      "Basic abc",
    ]);
  });
});
