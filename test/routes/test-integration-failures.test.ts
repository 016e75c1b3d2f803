import { afterEach, describe, expect, it } from "@jest/globals";
import { handle } from "#functions/integrations/test/handler";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import { createCallModel } from "#shared/models/create-call-model";
import { OutboundError } from "#shared/outbound/outbound-error";
import type { SafeFetch } from "#shared/outbound/safe-fetch";
import { createMint } from "#shared/runtime/mint";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { liveHolding } from "#shared/work/live-holding";
import { type Answer, answers, startFakeBackend, useFakeBackend } from "#test/support/fake-backend";
import { answerBegun } from "#test/support/held-time";
import { withLog } from "#test/support/log-lines";
import { usePlatform } from "#test/support/test-platform";
import { testedWebhook } from "#test/support/tested-webhook";

const platform = usePlatform();
const backend = useFakeBackend();
afterEach(() => {
  process.env["ALLOW_PRIVATE_URLS"] = "true";
});

describe("POST /v1/integrations/{id}/test: backends that fail", () => {
  /** A good answer, with blanks behind it up to so many bytes. */
  const padded =
    (bytes: number): Answer =>
    (_, response) => {
      response.end('{"content":"Much"}'.padEnd(bytes));
    };
  const mebibyte = 1_048_576;

  it("reads an answer of a mebibyte", async () => {
    const { test } = await testedWebhook(platform, backend);
    backend.answer(padded(mebibyte));
    expect((await test()).body.data).toMatchObject({ ok: true, content: "Much" });
  });

  describe("a backend that fails", () => {
    const failure = (code: string, message: unknown, status: number | null, latency_ms = 0) => ({
      data: { ok: false, latency_ms, status, content: null, error: { code, message } },
    });
    const httpStatus = (status: number, what = "") =>
      `The backend answered with HTTP status ${status}${what}.`;
    const noText = (why: string) => `The backend's answer has no text in \`content\`: ${why}.`;
    const notJson = (why: string) => `The backend's answer is not JSON: ${why}.`;
    const closed = expect.stringMatching(/^127\.0\.0\.1:\d+ closed the connection/);

    it.each<[string, Answer, string, unknown, number | null]>([
      ["400", answers.status(400), "http_error", httpStatus(400), 400],
      ["401", answers.json({ content: "x" }, { status: 401 }), "http_error", httpStatus(401), 401],
      ["429", answers.status(429, { "retry-after": "1" }), "http_error", httpStatus(429), 429],
      [
        "500 and a page",
        answers.html("<!doctype html><h1>Oops</h1>", 500),
        "http_error",
        httpStatus(500),
        500,
      ],
      ["304", answers.status(304), "http_error", httpStatus(304), 304],
      ["no body", answers.status(204), "invalid_response", notJson("it is empty"), 204],
      [
        "an attachment of no known kind",
        answers.json({
          content: "x",
          attachments: [{ type: "hologram", url: "https://x.example" }],
        }),
        "invalid_response",
        "The backend's answer has a field that is not as documented: `attachments.0.type`.",
        200,
      ],
      [
        "a picture in its own address",
        answers.json({
          content: "x",
          attachments: [{ type: "image", url: `data:image/png;base64,${"A".repeat(3_000)}` }],
        }),
        "invalid_response",
        "The backend's answer has a field that is not as documented: `attachments.0.url`. Must be 1 to 2048 characters long.",
        200,
      ],
      [
        "too much metadata",
        answers.json({ content: "x", metadata: { text: "x".repeat(16_384) } }),
        "invalid_response",
        "The backend's `metadata` cannot be kept. Must be at most 16 KiB as JSON.",
        200,
      ],
      [
        "too long a text",
        answers.json({ content: "é".repeat(16_385) }),
        "response_too_large",
        "The backend's `content` is longer than 32 KiB.",
        200,
      ],
      [
        "more than a mebibyte",
        padded(mebibyte + 1),
        "response_too_large",
        expect.stringMatching(/^The answer of 127\.0\.0\.1:\d+ is larger than 1 MiB\.$/),
        null,
      ],
      [
        "without an end",
        answers.endlessBody(),
        "response_too_large",
        expect.stringContaining("is larger than 1 MiB"),
        null,
      ],
      ["no answer", answers.endBeforeHeaders(), "network_error", closed, null],
      ["half an answer", answers.endAfterHeaders(), "network_error", closed, null],
      ["a cut connection", answers.resetBeforeHeaders(), "network_error", closed, null],
      [
        "no HTTP",
        answers.raw("SSH-2.0-OpenSSH_9.6\r\n"),
        "network_error",
        expect.stringMatching(/sent something that is not HTTP: .+\.$/),
        null,
      ],
    ])("is a 200 with ok: false (%s)", async (_, answer, code, message, status) => {
      const { test } = await testedWebhook(platform, backend);
      backend.answer(answer);
      const response = await test();
      expect([response.status, response.body]).toEqual([200, failure(code, message, status)]);
      expect(backend.requests).toHaveLength(1);
    });

    it.each([
      ["https://b.example/", 302, "another server"],
      ["/chat/", 307, "the same path with a slash at its end"],
      ["http://…/chat/?tenant=1", 308, "the same path with a slash at its end"],
      ["https://…/chat?tenant=1", 301, "the same path by https://"],
      ["http://127.0.0.1:1/chat", 301, "another server"],
      ["/", 303, "another path"],
    ])("is told where it redirects to (%s), and not in its words", async (to, status, where) => {
      const { test } = await testedWebhook(platform, backend);
      backend.answer(answers.redirect(to.replace("…", new URL(backend.url).host), status));
      const { code, message } = (await test()).body.data.error;
      const redirect = `, a redirect to ${where}, which is not followed`;
      expect([code, message]).toEqual(["http_error", httpStatus(status, redirect)]);
    });

    it.each([
      ["<!DOCTYPE html><title>Sign in</title>", "it is a web page"],
      ["<br />\n<b>Warning</b>: x\n{}", "it is a web page"],
      ['{"content":"Hi"}\n{}', "it is cut off or broken"],
      ["Accepted", "it is plain text"],
      ["", "it is empty"],
    ])("is told what it sent in place of JSON (%j)", async (text, why) => {
      const { test } = await testedWebhook(platform, backend);
      backend.answer(answers.text(text));
      const { code, message } = (await test()).body.data.error;
      expect(code).toBe("invalid_response");
      expect(message).toBe(notJson(why));
    });

    const empty = "that is empty or no text";
    it.each([
      [null, "it is no object"],
      [[{ content: "Hi" }], "it is a list"],
      ["Hello", "it is no object"],
      [{ id: 1, answer: "Hello" }, "it has `answer` instead"],
      [{ Content: "Hello" }, "it has `Content` instead"],
      [{ hello: "Hello" }, "there is no such field"],
      [{ content: "" }, empty],
      [{ content: 5 }, empty],
      [{ content: null }, empty],
      [{ content: [{ type: "text", text: "Hi" }] }, empty],
    ])("is told what it sent in place of a text (%j)", async (json, why) => {
      const { test } = await testedWebhook(platform, backend);
      backend.answer(answers.json(json));
      const { code, message } = (await test()).body.data.error;
      expect([code, message]).toEqual(["invalid_response", noText(why)]);
    });

    it("may have no words beside an attachment", async () => {
      const { test } = await testedWebhook(platform, backend);
      const attachments = [{ type: "image", url: "https://a.example/cat.png" }];
      backend.answer(answers.json({ content: " ", attachments }));
      expect((await test()).body.data).toMatchObject({ ok: true, content: " " });
    });

    it("is not asked twice, and not followed to where it points", async () => {
      const other = await startFakeBackend();
      try {
        const { test } = await testedWebhook(platform, backend);
        backend.answer(answers.redirect(other.url, 308));
        expect((await test()).body.data.error.code).toBe("http_error");
        expect([backend.requests.length, other.requests.length]).toEqual([1, 0]);
      } finally {
        await other.close();
      }
    });

    it("may say nothing for as long as its timeout", async () => {
      const { test } = await testedWebhook(platform, backend, { timeout_seconds: 1 });
      backend.answer(answers.hang());
      const tested = test();
      await backend.received(1);
      platform.advance(1_000);
      const { status, body } = await tested;
      const message = expect.stringMatching(/did not answer within 1 second\.$/);
      expect([status, body]).toEqual([200, failure("timeout", message, null, 1_000)]);
    });

    it("cannot spin its answer out beyond its timeout", async () => {
      const { test } = await testedWebhook(platform, backend, { timeout_seconds: 1 });
      backend.answer(answers.slowBody({ text: '{"content":"'.padEnd(200, "x"), every_ms: 20 }));
      const begun = answerBegun();
      const tested = test();
      await begun;
      platform.advance(1_000);
      const message = expect.stringMatching(/did not finish its answer within 1 second\.$/);
      expect((await tested).body).toEqual(failure("timeout", message, null, 1_000));
    });

    it("may be one that listens nowhere", async () => {
      const gone = await startFakeBackend();
      await gone.close();
      const { test } = await testedWebhook(platform, backend, { url: gone.url });
      const message = expect.stringMatching(/refused the connection\.$/);
      expect((await test()).body).toEqual(failure("network_error", message, null));
    });

    it("tells nothing of what it said", async () => {
      const { test } = await testedWebhook(platform, backend);
      backend.answer(answers.html("root:x:0:0:", 200), answers.html("root:x:0:0:", 500));
      for (const _ of [1, 2]) expect((await test()).text).not.toContain("root:x");
    });
  });

  it("calls nothing private when private URLs are no longer allowed", async () => {
    const { test } = await testedWebhook(platform, backend);
    process.env["ALLOW_PRIVATE_URLS"] = "false";
    const { status, body } = await test();
    expect(status).toBe(200);
    expect(body.data).toMatchObject({
      ok: false,
      status: null,
      error: { code: "url_not_allowed", message: expect.stringMatching(/^The URL must begin/) },
    });
    expect(backend.requests).toEqual([]);
  });

  it("calls no name that means this machine when private URLs are not allowed", async () => {
    const { team, id, test } = await testedWebhook(platform, backend);
    const store = createIntegrationStore(platform.table);
    const { integration } = (await store.find(team.id, id))!;
    process.env["ALLOW_PRIVATE_URLS"] = "false";
    for (const url of ["https://localhost", "https://127.0.0.1", "https://[::1]"]) {
      const current = (await store.find(team.id, id))!.integration;
      await store.replace(team.id, { ...integration, url }, current, {});
      expect((await test()).body.data.error.code).toBe("url_not_allowed");
    }
  });

  it.each([
    [10, 60_000, 10_000],
    [120, 28_500, 28_500],
    [30, 0, 1],
  ])(
    "gives a backend its %i s, but no longer than the %i ms that are left",
    async (timeout_seconds, left, expected) => {
      const { team, id } = await testedWebhook(platform, backend, { timeout_seconds });
      const timeouts: number[] = [];
      const fetch: SafeFetch = async (_, { timeout_ms }) => {
        timeouts.push(timeout_ms);
        throw new OutboundError("timeout", "Too late.");
      };
      const ask = handle({
        integrations: createIntegrationStore(platform.table),
        secrets: liveTeamSecrets(),
        fetch,
        callModel: createCallModel({ fetch }),
        ...liveHolding(),
      });
      const now = platform.clock();
      await ask({
        caller: {
          team_id: team.id,
          key_id: "key_1",
          key_name: null,
          request_id: "req_1",
          scopes: ["integrations:write"],
          cursor_key: "secret",
        },
        params: { id },
        query: {},
        body: { message: "Hello!" },
        page: { page: 1, per_page: 20 },
        mint: createMint(now),
        deadline: now + left,
      });
      expect(timeouts).toEqual([expected]);
    },
  );

  it("answers 503 while the key service is down and the backend's headers cannot be opened", async () => {
    const { test } = await testedWebhook(platform, backend);
    // Longer than a key is kept in memory without the service.
    platform.advance(13 * 3_600_000);
    platform.faults = ({ operation }) =>
      operation === "Decrypt" ? { kind: "connection_lost" } : undefined;
    const { result } = await withLog(() => test());
    expect(result).toBeRefused(503, "service_unavailable");
    expect(backend.requests).toEqual([]);
    platform.faults = undefined;
    expect((await test()).status).toBe(200);
  });
});
