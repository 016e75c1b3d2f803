import { describe, expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { createWebFetch } from "#shared/outbound/safe-fetch-web";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { useHeldTime } from "#test/support/held-time";

const limits = { timeout_ms: 5_000, max_bytes: 1_048_576 };
const webFetch = createWebFetch(createSafeFetch({ allowPrivate: () => true }), limits);
const backend = useFakeBackend();

const fails = (code: string, message: string) =>
  expect.objectContaining({ name: "OutboundError", code, message });

describe("a call", () => {
  it("sends method, path, headers and body, and brings a web Response", async () => {
    backend.answer(answers.json({ fine: true }, { status: 201, headers: { "x-theirs": "2" } }));
    const answer = await webFetch(new URL(`${backend.url}/v1/chat?a=b`), {
      method: "POST",
      headers: new Headers({ "X-Mine": "1", "content-type": "application/json" }),
      body: '{"greeting":"Grüße"}',
    });

    expect(answer).toBeInstanceOf(Response);
    expect(answer.ok).toBe(true);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("X-Theirs")).toBe("2");
    expect(await answer.json()).toEqual({ fine: true });
    expect(backend.requests).toEqual([
      expect.objectContaining({
        method: "POST",
        path: "/v1/chat?a=b",
        body: '{"greeting":"Grüße"}',
        headers: expect.objectContaining({ "x-mine": "1", "content-type": "application/json" }),
      }),
    ]);
  });

  it("is a GET without a body when nothing else is said", async () => {
    await webFetch(`${backend.url}/tools`);

    expect(backend.requests[0]).toMatchObject({ method: "GET", path: "/tools", body: "" });
  });

  it("takes a Request, and what is said beside it goes first", async () => {
    const request = new Request(`${backend.url}/a`, { method: "POST", body: "one" });
    await webFetch(request, { headers: { "x-mine": "1" } });

    expect(backend.requests[0]).toMatchObject({
      method: "POST",
      path: "/a",
      body: "one",
      headers: { "x-mine": "1" },
    });
  });

  it.each([
    ["text", "hello", "hello", "text/plain;charset=UTF-8"],
    ["bytes", Uint8Array.of(0x67, 0x75, 0x74), "gut", undefined],
    [
      "a form",
      new URLSearchParams({ a: "1 2" }),
      "a=1+2",
      "application/x-www-form-urlencoded;charset=UTF-8",
    ],
  ])("sends %s with the content type that belongs to it", async (_, body, sent, type) => {
    await webFetch(backend.url, { method: "POST", body });

    expect(backend.requests[0]?.body).toBe(sent);
    expect(backend.requests[0]?.headers["content-type"]).toBe(type);
  });

  it.each([204, 304])("brings %i without a body", async (status) => {
    backend.answer(answers.status(status));
    const answer = await webFetch(backend.url);

    expect(answer.status).toBe(status);
    expect(answer.body).toBeNull();
  });

  it("does not follow a redirect", async () => {
    backend.answer(answers.redirect("/elsewhere", 307));
    const answer = await webFetch(backend.url);

    expect(answer.status).toBe(307);
    expect(answer.headers.get("location")).toBe("/elsewhere");
    expect(backend.requests).toHaveLength(1);
  });
});

describe("connections", () => {
  const post = async (headers: Record<string, string>) => {
    await webFetch(backend.url, { method: "POST", headers, body: "{}" });
    await webFetch(backend.url, { method: "POST", headers, body: "{}" });
    return backend.requests.map(({ connection }) => connection);
  };

  it("are used again for a POST with an idempotency key", async () => {
    expect(await post({ "Idempotency-Key": "k1" })).toEqual([1, 1]);
  });

  it("are new for every other POST", async () => {
    expect(await post({})).toEqual([1, 2]);
  });
});

describe("a call without an answer", () => {
  const pass = useHeldTime();

  it("fails with the reason of the caller's signal", async () => {
    backend.answer(answers.hang());
    const stop = new AbortController();
    const reason = new Error("cancelled");
    const call = webFetch(backend.url, { signal: stop.signal });
    await backend.received(1);
    stop.abort(reason);

    await expect(call).rejects.toBe(reason);
  });

  it("fails with our own words when its time is used up, whatever the signal", async () => {
    backend.answer(answers.hang());
    const quick = createWebFetch(createSafeFetch({ allowPrivate: () => true }), {
      ...limits,
      timeout_ms: 50,
    });
    const { host } = new URL(backend.url);

    const answer = quick(backend.url, { signal: new AbortController().signal });
    await backend.received(1);
    pass(50);
    await expect(answer).rejects.toEqual(
      fails("timeout", `${host} did not answer within 0.05 seconds.`),
    );
  });

  it("fails when the answer is larger than allowed", async () => {
    backend.answer(answers.endlessBody());
    const { host } = new URL(backend.url);

    await expect(webFetch(backend.url)).rejects.toEqual(
      fails("too_large", `The answer of ${host} is larger than 1 MiB.`),
    );
  });

  it("fails for a status that no Response can have", async () => {
    backend.answer(answers.raw("HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n"));

    await expect(webFetch(backend.url)).rejects.toEqual(
      fails("network", "The answer has the unknown status 999."),
    );
  });

  it("refuses private addresses and credentials in URLs without repeating them", async () => {
    const strict = createWebFetch(createSafeFetch({ allowPrivate: () => false }), limits);
    await expect(strict("https://127.0.0.1/v1")).rejects.toEqual(
      fails(
        "not_allowed",
        "The URL must not point to a private address or to this machine itself.",
      ),
    );
    await expect(strict("https://user:s3cret@example.com/v1")).rejects.toEqual(
      fails("not_allowed", "The URL must not contain a user name or a password."),
    );
  });
});
