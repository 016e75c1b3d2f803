import { describe, expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { parseExactly } from "#shared/schema/exact-json";
import { createOpenTools } from "#shared/tools/create-open-tools";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { useHeldTime } from "#test/support/held-time";

const { signal } = new AbortController();

async function open({ allowPrivate = true, timeout_ms = 5_000 } = {}) {
  const openTools = createOpenTools({
    fetch: createSafeFetch({ allowPrivate: () => allowPrivate }),
    clock: Date.now,
    timeout_ms,
  });
  const box = await openTools([{ type: "http" }], signal);
  const tool = box.tools[0]!;
  return {
    tool,
    box,
    call: (args: unknown, caller = signal) => {
      expect(tool.problemOf(args)).toBeUndefined();
      return box.call(tool, args, caller);
    },
  };
}

const backend = useFakeBackend();

it("is one tool, whose GET changes nothing", async () => {
  const { tool } = await open();

  expect(tool).toMatchObject({ server: "http", tool: "request", name: "http_request" });
  expect(tool.mayHaveEffects({ method: "GET", url: "https://example.com" })).toBe(false);
  for (const method of ["POST", "PUT", "PATCH", "DELETE", undefined]) {
    expect(tool.mayHaveEffects({ method })).toBe(true);
  }
});

it("returns status, some headers and the body", async () => {
  const { call } = await open();
  const headers = { etag: '"7"', "set-cookie": "secret=1" };
  backend.answer(answers.json({ ok: true }, { status: 201, headers }));

  expect(await call({ method: "GET", url: backend.url })).toEqual({
    text: 'HTTP 201\ncontent-type: application/json\netag: "7"\n\n{"ok":true}',
    is_error: false,
  });
});

it("sends method, headers and body, and says what kind of text the body is", async () => {
  const { call } = await open();
  const url = `${backend.url}/things?x=1`;
  await call({ method: "POST", url, headers: { "X-Key": "k" }, body: '{"a":1}' });
  await call({ method: "PUT", url, body: "plain" });
  await call({ method: "PATCH", url, headers: { "Content-Type": "text/csv" }, body: "1" });

  expect(backend.requests).toMatchObject([
    {
      method: "POST",
      path: "/things?x=1",
      headers: { "x-key": "k", "content-type": "application/json" },
      body: '{"a":1}',
    },
    { method: "PUT", headers: { "content-type": "text/plain; charset=utf-8" }, body: "plain" },
    { method: "PATCH", headers: { "content-type": "text/csv" }, body: "1" },
  ]);
});

it("takes arguments as models write them", async () => {
  const { call, tool } = await open();
  const { url } = backend;
  await call({ method: "get", url, headers: null, body: null });
  await call({
    method: "Post",
    url,
    headers: { "x-a": 1, "x-b": true, "x-c": null },
    body: { a: 1 },
  });
  await call({ method: "PUT", url, headers: '{"x-a":"1"}', body: [1] });

  expect(backend.requests).toMatchObject([
    { method: "GET", body: "" },
    {
      method: "POST",
      headers: { "x-a": "1", "x-b": "true", "content-type": "application/json" },
      body: '{"a":1}',
    },
    { method: "PUT", headers: { "x-a": "1" }, body: "[1]" },
  ]);
  expect(backend.requests[1]?.headers).not.toHaveProperty("x-c");
  expect(tool.mayHaveEffects({ method: "get", url })).toBe(false);
});

it("sends every digit of a number in the place of a text", async () => {
  const { tool, box } = await open();
  const json = `{"method":"POST","url":"${backend.url}","headers":{"x-a":12345678901234567890}}`;

  expect(tool.problemOf(JSON.parse(json))).toBeUndefined();
  await box.call(tool, parseExactly(json), signal);
  expect(backend.requests[0]?.headers).toMatchObject({ "x-a": "12345678901234567890" });
});

it.each([404, 500])("returns status %i as an answer", async (status) => {
  const { call } = await open();
  backend.answer(answers.status(status));

  expect(await call({ method: "DELETE", url: backend.url })).toEqual({
    text: `HTTP ${status}\n\n(no body)`,
    is_error: false,
  });
});

it("shows where a redirect points and does not follow it", async () => {
  const { call } = await open();
  backend.answer(answers.redirect("http://169.254.169.254/latest"));

  expect(await call({ method: "GET", url: backend.url })).toEqual({
    text: "HTTP 302\nlocation: http://169.254.169.254/latest\n\n(no body)",
    is_error: false,
  });
  expect(backend.requests).toHaveLength(1);
});

describe("bodies", () => {
  const answer = (body: string | Uint8Array, type: string) =>
    backend.answer((_, response) => {
      response.writeHead(200, { "content-type": type }).end(body);
    });
  const read = async () => {
    const { call } = await open();
    const { text } = await call({ method: "GET", url: backend.url });
    return text.slice(text.indexOf("\n\n") + 2);
  };

  it("are cut at 64 KiB, never inside a character", async () => {
    answer(`x${"ä".repeat(40_000)}`, "text/plain");
    const text = await read();

    expect(text).toMatch(/^xä{32767}\n\n\[Cut: these are the first 65,536 of 80,001 bytes.\]$/);
  });

  it("are whole at exactly 64 KiB", async () => {
    answer("x".repeat(65_536), "text/plain");

    expect(await read()).toBe("x".repeat(65_536));
  });

  it("are read in the character set that they come in", async () => {
    answer(Buffer.from("Grüße", "latin1"), "text/html; charset=ISO-8859-1");

    expect(await read()).toBe("Grüße");
  });

  it.each([
    ["a page names in a meta element", "text/html", '<meta charset="shift_jis">'],
    [
      "an older page names",
      "text/html",
      '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">',
    ],
    ["XML names", "application/xml", '<?xml version="1.0" encoding="Shift_JIS"?>'],
  ])("are read in the character set that %s", async (_, type, begin) => {
    answer(Buffer.concat([Buffer.from(begin), Buffer.from([0x93, 0xfa, 0x96, 0x7b])]), type);

    expect(await read()).toBe(`${begin}日本`);
  });

  it.each([
    ["text/html", Buffer.from("Grüße", "latin1"), "Grüße"],
    ["text/plain; charset=utf-8", Buffer.from([0x61, 0xff, 0x62]), "a\ufffdb"],
    ["application/json", Buffer.from([0x22, 0xc3, 0x22]), '"\ufffd"'],
  ])("are read as far as they can be when they are called %s", async (type, bytes, shown) => {
    answer(bytes, type);

    expect(await read()).toBe(shown);
  });

  it.each([
    ["an unknown character set", "text/plain; charset=klingon", "hello", "hello"],
    [
      "bytes that are no text",
      "image/png",
      Uint8Array.of(0x89, 0x50, 0, 0xff),
      "(4 bytes that are not text)",
    ],
  ])("are shown or told of when they have %s", async (_, type, body, shown) => {
    answer(body, type);

    expect(await read()).toBe(shown);
  });
});

describe("an error", () => {
  const pass = useHeldTime();

  it("is a URL that is not allowed", async () => {
    const { call } = await open({ allowPrivate: false });

    expect(await call({ method: "GET", url: "https://169.254.169.254/" })).toEqual({
      text: "The URL must not point to a private address or to this machine itself.",
      is_error: true,
    });
    expect(await call({ method: "GET", url: "example.com" })).toEqual({
      text: "The URL must be complete, like https://example.com/path.",
      is_error: true,
    });
  });

  it("is a server that does not answer in time", async () => {
    const { call } = await open({ timeout_ms: 100 });
    backend.answer(answers.hang());
    const answer = call({ method: "GET", url: backend.url });
    await backend.received(1);
    pass(100);

    expect(await answer).toEqual({
      text: `${new URL(backend.url).host} did not answer within 0.1 seconds.`,
      is_error: true,
    });
  });

  it("is a connection that breaks", async () => {
    const { call } = await open();
    backend.answer(answers.resetAfterHeaders());

    expect(await call({ method: "POST", url: backend.url })).toMatchObject({ is_error: true });
  });

  it("is a header that cannot be sent", async () => {
    const { call } = await open();
    const args = { method: "GET", url: backend.url, headers: { "x-a": "1\r\nx-b: 2" } };

    expect(await call(args)).toEqual({
      text: `The request to ${new URL(backend.url).host} has a header that cannot be sent.`,
      is_error: true,
    });
    expect(backend.requests).toEqual([]);
  });
});

it("ends with the reason of the caller's signal", async () => {
  const { call } = await open();
  backend.answer(answers.hang());
  const caller = new AbortController();
  const reason = new Error("cancelled");
  const answer = call({ method: "GET", url: backend.url }, caller.signal);
  await backend.received(1);
  caller.abort(reason);

  await expect(answer).rejects.toBe(reason);
});

it.each([
  [{}, '"method"'],
  [{ method: "TRACE", url: "https://example.com" }, "#/method"],
  [{ method: "POST", url: "https://example.com", body: 1 }, "#/body"],
  [{ method: "GET", url: "https://example.com", headers: { a: {} } }, "#/headers/a"],
  [{ method: "GET", url: "https://example.com", headers: "a: 1" }, "#/headers"],
  [{ method: "GET", url: "https://example.com", timeout: 5 }, '"timeout"'],
  [undefined, '"method"'],
  [[], "object"],
])("says what is wrong with the arguments %j", async (args, part) => {
  expect((await open()).tool.problemOf(args)).toContain(part);
});
